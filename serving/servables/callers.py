"""Whether the client still waits for a request, where the transport can see that.

What takes long looks there, so that the rest of a request whose client has left is dropped.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Protocol

from serving.errors import Code, ServingError


class Caller(Protocol):
    """The client of one request."""

    def is_gone(self) -> bool:
        """Return whether the client has gone."""
        ...

    def when_gone(self, act: Callable[[], None]) -> None:
        """Call a function as soon as the client has gone, or the request is over."""
        ...


_current: ContextVar[Caller | None] = ContextVar("caller", default=None)


def set_caller(caller: Caller) -> None:
    """Set the client for which this context works; each request must have its own context."""
    _current.set(caller)


def when_gone(act: Callable[[], None]) -> None:
    """Call a function as soon as the client of the current request has gone, if that can be seen.

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
    """Return the error of a request whose client has gone; only the log shows it."""
    return ServingError(Code.CANCELLED, "The client has left before its request was answered.")
