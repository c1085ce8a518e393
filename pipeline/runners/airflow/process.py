"""A process whose output is read line by line and which leaves nothing behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from pipeline.settings import child_environment

STOP_TIMEOUT_S = 45.0
"""Below the 60 s that Airflow 2 gives a task to end (`killed_task_cleanup_time`)."""

_PR_SET_PDEATHSIG = 1


class NodeProcess:
    """One process in a process group of its own.

    Nothing of it outlives it: what it started is killed when it ends, and it is told to end when
    the process that started it is gone.
    """

    def __init__(self, command: Sequence[str]) -> None:
        """Start it.

        Args:
            command: Program and arguments; no shell reads them.

        Raises:
            OSError: If the program cannot be started.
        """  # noqa: DOC502 - raised by subprocess
        self._process = subprocess.Popen(  # noqa: S603 - the command is a list
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=child_environment(),
            start_new_session=True,
            preexec_fn=_end_with_parent(),  # noqa: PLW1509 - it only makes one system call
        )
        # A thread, because a child of the process may hold its output open after its end.
        self._watcher = threading.Thread(target=self._wait, daemon=True)
        self._watcher.start()

    def follow(self, show: Callable[[str], None]) -> int:
        """Wait for the end.

        Args:
            show: Called with each line of standard output and error.

        Returns:
            The exit code; negative: the number of the signal that ended it.
        """
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        # Not closed where `show` is interrupted: the process may still have to say how it ends.
        for line in self._process.stdout:
            show(line.rstrip("\n"))
        self._process.stdout.close()
        self._watcher.join()
        return int(self._process.returncode)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Ask the process to end; kill it and all it started after a while.

        Args:
            timeout_s: Seconds that it may take to mark its execution as failed and clean up.
        """
        if self._watcher.is_alive():
            self._signal(signal.SIGTERM)
            self._watcher.join(timeout_s)
        self._signal(signal.SIGKILL)

    def _wait(self) -> None:
        self._process.wait()
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def _end_with_parent() -> Callable[[], None] | None:
    """Let Linux send SIGTERM to the process when the worker that started it dies."""
    if sys.platform != "linux":
        return None
    # Loaded here, before the fork: little is safe between fork and exec.
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
