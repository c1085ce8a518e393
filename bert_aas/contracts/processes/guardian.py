"""Run a command for another process, and end it with all it started once that process is gone.

`bert_aas.contracts.processes` starts this file as a program. It stands between the two, because it
alone can tell for certain whether the command still runs: nobody else collects its exit status, so
its number cannot become another process's before all signals were sent.
"""

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
from types import FrameType

_PR_SET_PDEATHSIG = 1
_LOOK_AGAIN_S = 1.0
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_CHANGED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_FAILED = 127


class Guardian:
    """Passes signals on to one command and looks after its end."""

    def __init__(self, orders: int, parent: int, last_signal: int, grace_s: float) -> None:
        """Take the place between the two processes.

        Args:
            orders: Descriptor that brings a byte for each signal to send; at its end the parent is
                gone.
            parent: Number of the process to stand in for.
            last_signal: What the command is sent when the parent is gone.
            grace_s: Seconds until SIGKILL follows.
        """
        self._orders, self._parent = orders, parent
        self._last_signal, self._grace_s = last_signal, grace_s
        self._deserted = False
        self._child = 0

    def run(self, command: list[str], status: int) -> int:
        """Run the command.

        Args:
            command: Program and arguments.
            status: Descriptor for the number of the error if it cannot be started; closed else.

        Returns:
            The status that `waitpid` gives for it.
        """
        woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in _FORWARDED:
            signal.signal(number, self._forward)
        self._child = os.fork()
        if not self._child:
            _become(command, status)
        os.close(status)
        _let_go_of_streams()
        while not self._has_ended():
            self._wait(woken)
        self._send(signal.SIGKILL)  # to what it started
        return os.waitpid(self._child, 0)[1]

    def _wait(self, woken: int) -> None:
        watched = [woken] if self._deserted else [woken, self._orders]
        ready, _, _ = select.select(watched, [], [], _LOOK_AGAIN_S)
        if woken in ready:
            os.read(woken, 4096)
        given = os.read(self._orders, 4096) if self._orders in ready else None
        for number in given or b"":
            self._send(number)
        # A process that the parent forked may hold the other end of the descriptor.
        if not self._deserted and (given == b"" or os.getppid() != self._parent):
            self._deserted = True
            signal.signal(signal.SIGALRM, lambda number, frame: self._send(signal.SIGKILL))
            signal.setitimer(signal.ITIMER_REAL, self._grace_s)
            self._send(self._last_signal)

    def _has_ended(self) -> bool:
        """Look without collecting the status, so that the number stays taken."""
        return os.waitid(os.P_PID, self._child, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None

    def _forward(self, number: int, frame: FrameType | None) -> None:
        del frame
        self._send(number)

    def _send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._child:
                os.killpg(self._child, number)


def _become(command: list[str], status: int) -> None:
    """Be the command, in a session of its own; never returns."""
    try:
        os.setsid()
        _end_with_guardian()
        for number in (*_CHANGED_BY_PYTHON, signal.SIGCHLD, *_FORWARDED):
            signal.signal(number, signal.SIG_DFL)
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as exc:
        os.write(status, str(exc.errno or 0).encode())
    finally:
        os._exit(_FAILED)


def _end_with_guardian() -> None:
    """Let Linux kill the command if even the guardian is killed."""
    if sys.platform == "linux":
        guardian = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guardian:
            os._exit(_FAILED)


def _let_go_of_streams() -> None:
    """Leave the streams to the command alone: who reads them waits for their end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    os.close(nothing)


def _end_like(status: int) -> None:
    """End as the command did."""
    if not os.WIFSIGNALED(status):
        os._exit(os.WEXITSTATUS(status))
    number = os.WTERMSIG(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number not in {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def main() -> None:
    """Run the command that the arguments name; they are those of `processes.ChildProcess`."""
    orders, status, parent, last_signal = map(int, sys.argv[1:5])
    for descriptor in (orders, status):
        os.set_inheritable(descriptor, False)
    guardian = Guardian(orders, parent, last_signal, float(sys.argv[5]))
    _end_like(guardian.run(sys.argv[6:], status))


if __name__ == "__main__":
    main()
