"""Stop cleanly when an orchestrator sends SIGTERM."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

_LOOK_AGAIN_S = 0.5


class Terminated(BaseException):
    """SIGTERM arrived. Not an `Exception`: no library may take it for an error and go on."""


@contextlib.contextmanager
def terminated_by_sigterm() -> Iterator[None]:
    """Turn SIGTERM into `Terminated`, so that everything on the way out is cleaned up.

    Yields:
        Nothing; call it in the main thread.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGALRM)}
    hook = sys.unraisablehook
    sys.unraisablehook = lambda dropped: None if _is_ours(dropped) else hook(dropped)
    signal.signal(signal.SIGALRM, _stop)
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        # An alarm that is on its way must neither set another one nor find its handler gone.
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    """Raise `Terminated` unless it is on its way already.

    Python drops an exception that is raised inside a `__del__` or a weak reference's callback, and
    those run at any time; so it is looked again later whether it went through.

    Args:
        number: Not used.
        frame: Not used.

    Raises:
        Terminated: If it is not being raised already.
    """
    del number, frame
    signal.setitimer(signal.ITIMER_REAL, _LOOK_AGAIN_S)
    if not _is_on_its_way():
        raise Terminated


def _is_ours(dropped: Any) -> bool:
    return isinstance(dropped.exc_value, Terminated)


def _is_on_its_way() -> bool:
    exception = sys.exc_info()[1]
    while exception is not None:
        if isinstance(exception, Terminated):
            return True
        exception = exception.__context__
    return False
