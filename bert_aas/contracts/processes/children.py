"""Child processes that end, with all that they started, when the process that started them ends."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_GUARDIAN = Path(__file__).with_name("guardian.py")
_GRACE_S = 10.0
_FOREVER_S = 1e9


class ChildProcess:
    """A program in a session of its own, with a guardian between it and this process.

    When the program ends, all that it started is killed. When this process ends, however it ends
    (also by `kill -9`), the program is ended with all that it started. Signals go through the
    guardian, which knows for certain whether the program still runs: none can reach a process that
    got its number later.

    Example:
        >>> child = ChildProcess(["sleep", "60"])
        >>> child.stop()
        -15
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        last_signal: signal.Signals = signal.SIGKILL,
        grace_s: float = _GRACE_S,
        env: Mapping[str, str] | None = None,
        **streams: Any,
    ) -> None:
        """Start it.

        Args:
            command: Program and arguments; no shell reads them.
            last_signal: What it is sent when this process has ended.
            grace_s: Seconds until SIGKILL follows `last_signal`, or SIGTERM in `stop`.
            env: Its environment, if not this process's.
            **streams: `stdin`, `stdout`, `stderr`, `cwd`, `text`, `errors` of `subprocess.Popen`.

        Raises:
            OSError: If the program cannot be started.
        """
        self._grace_s = grace_s
        orders, self._orders = os.pipe()
        status, told = os.pipe()
        given = (orders, told, os.getpid(), int(last_signal), grace_s)
        guardian = [sys.executable, "-I", "-S", str(_GUARDIAN), *map(str, given), *command]
        try:
            self._process: subprocess.Popen[Any] = subprocess.Popen(  # noqa: S603 - our own
                guardian, env=env, pass_fds=(orders, told), start_new_session=True, **streams
            )
        except BaseException:
            os.close(self._orders)
            os.close(status)
            raise
        finally:
            os.close(orders)
            os.close(told)
        with os.fdopen(status, "rb") as answer:
            error = answer.read()
        if error:
            self.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            raise OSError(int(error), os.strerror(int(error)), command[0])

    @property
    def stdout(self) -> IO[Any] | None:
        """What it prints, where a pipe was asked for."""
        return self._process.stdout

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def poll(self) -> int | None:
        """Return what `wait` would, or `None` while it runs."""
        return self._process.poll()

    def wait(self, timeout_s: float | None = None) -> int:
        """Wait for its end.

        Args:
            timeout_s: Seconds to wait at most.

        Returns:
            Its exit code; negative: the number of the signal that ended it.

        Raises:
            TimeoutExpired: If it has not ended by then.
        """
        # With a limit, for without one Python holds a lock that a signal's handler may need.
        code = self._process.wait(_FOREVER_S if timeout_s is None else timeout_s)
        self._close()
        return code

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and to all that it started, unless it has ended.

        Args:
            number: The signal.
        """
        with contextlib.suppress(OSError):
            if self._orders >= 0:
                os.write(self._orders, bytes([number]))

    def stop(self, grace_s: float | None = None) -> int:
        """Ask it to end, and kill it after a while.

        Args:
            grace_s: Seconds that it may take, if not those that it was started with.

        Returns:
            As `wait`.
        """
        if self.is_running:
            self.send(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.wait(self._grace_s if grace_s is None else grace_s)
            self.send(signal.SIGKILL)
        return self.wait()

    def _close(self) -> None:
        orders, self._orders = self._orders, -1
        if orders >= 0:
            os.close(orders)
