"""Who waits for a request, where the transport can tell that nobody does any more.

What takes long looks there, so that the rest of a request whose client has left is dropped.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

from serving.errors import Code, ServingError


class Caller(Protocol):
    """The client of one request."""

    def is_gone(self) -> bool:
        """Tell whether nobody waits for the answer."""
        ...

    def when_gone(self, act: Callable[[], None]) -> None:
        """Have something done as soon as nobody waits; once the request is over, too."""
        ...


_current: ContextVar[Caller | None] = ContextVar("caller", default=None)


def set_caller(caller: Caller) -> None:
    """Say who waits for what this context does; each request must have a context of its own."""
    _current.set(caller)


def when_gone(act: Callable[[], None]) -> None:
    """Have something done as soon as the current request's client is gone, if that can be told.

    Args:
        act: What to do, from any thread; also called once the request is over.
    """
    caller = _current.get()
    if caller is not None:
        caller.when_gone(act)


def is_gone() -> bool:
    """Tell whether the current request's client is gone, as far as that can be told."""
    caller = _current.get()
    return caller is not None and caller.is_gone()


def gone_error() -> ServingError:
    """Return the error of a request whose client is gone; nobody reads it but the log."""
    return ServingError(Code.CANCELLED, "The client has left before its request was answered.")
