"""What the exit codes of our commands mean."""

EXIT_FAILED = 1
EXIT_REFUSED = 2
"""The input or the configuration is wrong; a user can correct it, and no retry helps."""

EXIT_NOT_PUSHED = 3
"""Trained, but not blessed."""

EXIT_VIOLATION = 4
"""A gate or a monitor measured something beyond its limit."""

EXIT_TERMINATED = 143
"""Stopped by SIGTERM: 128 and the number of the signal, as shells count."""
