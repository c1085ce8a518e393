"""Counts requests in flight, from the events of their start and their end."""

from contextlib import AbstractContextManager
from types import TracebackType

from prometheus_client import Gauge

from serving.observing.observer import ReadHeaders, Tracer


class InFlight:
    """A tracer that counts the spans that are open, and passes them on."""

    def __init__(self, tracer: Tracer, gauge: Gauge) -> None:
        """Prepare.

        Args:
            tracer: Opens the spans.
            gauge: Holds the number of open ones.
        """
        self._tracer = tracer
        self._gauge = gauge

    def span(self, name: str, read_headers: ReadHeaders) -> AbstractContextManager[None]:
        """Trace and count a request.

        Args:
            name: The span's name.
            read_headers: Returns the HTTP headers or gRPC metadata of the request.

        Returns:
            A context that ends the span.
        """
        return _Counted(self._tracer.span(name, read_headers), self._gauge)


class _Counted(AbstractContextManager[None]):
    """A span that counts while it is open."""

    __slots__ = ("_gauge", "_span")

    def __init__(self, span: AbstractContextManager[None], gauge: Gauge) -> None:
        self._span = span
        self._gauge = gauge

    def __enter__(self) -> None:
        self._span.__enter__()
        self._gauge.inc()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._gauge.dec()
        self._span.__exit__(kind, error, traceback)
