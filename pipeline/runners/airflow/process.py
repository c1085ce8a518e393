"""A process whose output is read line by line and which leaves nothing behind."""

import signal
import subprocess
from collections.abc import Callable, Sequence

from bert_aas.contracts.processes.children import ChildProcess
from pipeline.environment import child_environment

STOP_TIMEOUT_S = 45.0
"""Below the 60 s that Airflow 2 gives a task to end (`killed_task_cleanup_time`)."""


class NodeProcess:
    """One process that ends with all it started, and with the process that started it.

    Both ends are asked for by SIGTERM, so that a node can mark its execution as failed.
    """

    def __init__(self, command: Sequence[str]) -> None:
        """Start it.

        Args:
            command: Program and arguments; no shell reads them.

        Raises:
            OSError: If the program cannot be started.
        """
        self._process = ChildProcess(
            command,
            last_signal=signal.SIGTERM,
            grace_s=STOP_TIMEOUT_S,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )

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
        return self._process.wait()

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Ask the process to end; kill it and all it started after a while.

        Args:
            timeout_s: Seconds that it may take to mark its execution as failed and clean up.
        """
        self._process.stop(timeout_s)
