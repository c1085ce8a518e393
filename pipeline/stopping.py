"""Stop cleanly when an orchestrator sends SIGTERM."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

EXIT_TERMINATED = 128 + signal.SIGTERM


class Terminated(BaseException):
    """SIGTERM arrived. Not an `Exception`: no library may take it for an error and go on."""


@contextlib.contextmanager
def terminated_by_sigterm() -> Iterator[None]:
    """Turn the first SIGTERM into `Terminated`, so that everything on the way out is cleaned up.

    Yields:
        Nothing; call it in the main thread.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one would stop the cleaning up
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
