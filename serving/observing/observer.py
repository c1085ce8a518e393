"""What transports and batching report; metrics, log and traces listen."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from serving.errors import Code


@dataclass(frozen=True)
class RequestRecord:
    """One answered request; it holds no texts.

    Attributes:
        entrypoint: `REST` or `GRPC`.
        api: `predict`, `classify`, `regress`, `status`, `metadata`, `` (REST), or the gRPC method.
        path: REST path without its query, or the gRPC method's full name.
        model_name: As the client wrote it; empty if the request names none.
        known_model: Whether a model of that name is configured.
        version: The version that answered; None if none did.
        code: Canonical code of the answer.
        http_status: HTTP status; None for gRPC.
        seconds: From the first byte of the body to the last of the answer.
        request_bytes: Size of the request's body.
        response_bytes: Size of the answer's body.
        peer: The client's address.
        examples: tf.Examples in a MultiInference request; 0 for other requests.
    """

    entrypoint: str
    api: str
    path: str
    model_name: str
    known_model: bool
    version: int | None
    code: Code
    http_status: int | None
    seconds: float
    request_bytes: int
    response_bytes: int
    peer: str = ""
    examples: int = 0


@dataclass(frozen=True)
class BatchRecord:
    """One batch that ran.

    Attributes:
        model_name: The model.
        rows: Rows of requests, without padding rows.
        executed_rows: Rows that ran, padding rows included.
        tokens: Tokens of the rows without padding; 0 if the batch is not one of tokens.
        executed_tokens: Tokens with padding.
        queue_times_s: Seconds that each task of the batch waited.
    """

    model_name: str
    rows: int
    executed_rows: int
    tokens: int = 0
    executed_tokens: int = 0
    queue_times_s: Sequence[float] = ()


@dataclass(frozen=True)
class LoadRecord:
    """One attempt to load a version.

    Attributes:
        model_name: The model.
        version: The version.
        code: OK, or why it failed.
        seconds: Time it took, warm-up included.
        warmup_records: Warm-up requests that were replayed.
        warmup_seconds: Time of the warm-up alone.
    """

    model_name: str
    version: int
    code: Code
    seconds: float
    warmup_records: int = 0
    warmup_seconds: float = 0.0


class Observer(Protocol):
    """Listens to the server; every method is called from many threads and must not fail."""

    def request(self, record: RequestRecord) -> None:
        """Take note of an answered request."""

    def run(self, model_name: str, api: str, seconds: float) -> None:
        """Take note of the time the model itself took for a request."""

    def batch(self, record: BatchRecord) -> None:
        """Take note of a batch."""

    def cache(self, model_name: str, hits: int, misses: int) -> None:
        """Take note of a request's texts whose answers were kept, and of the others."""

    def load(self, record: LoadRecord) -> None:
        """Take note of a load."""

    def captured(self, model_name: str, log: str, outcome: str, count: int) -> None:
        """Take note of what became of requests to be captured: `written`, `shed` or `failed`."""


ReadHeaders = Callable[[], Sequence[tuple[str, str]]]
_NO_SPAN: AbstractContextManager[None] = nullcontext()


class Tracer(Protocol):
    """Opens a span per request."""

    def span(self, name: str, read_headers: ReadHeaders) -> AbstractContextManager[None]:
        """Trace a request as part of the caller's trace.

        Args:
            name: The span's name, such as `predict` or the gRPC method.
            read_headers: Returns the HTTP headers or gRPC metadata of the request, which name the
                caller's trace; called only if spans are made.

        Returns:
            A context that ends the span.
        """
        ...


class NoTracing:
    """Opens no spans."""

    def span(self, name: str, read_headers: ReadHeaders) -> AbstractContextManager[None]:
        """Return a context that does nothing."""
        return _NO_SPAN


class Observers:
    """Passes everything on to any number of observers; to none by default."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self._observers = tuple(observers)

    def request(self, record: RequestRecord) -> None:
        """Pass a request on."""
        for observer in self._observers:
            observer.request(record)

    def run(self, model_name: str, api: str, seconds: float) -> None:
        """Pass a run on."""
        for observer in self._observers:
            observer.run(model_name, api, seconds)

    def batch(self, record: BatchRecord) -> None:
        """Pass a batch on."""
        for observer in self._observers:
            observer.batch(record)

    def cache(self, model_name: str, hits: int, misses: int) -> None:
        """Pass the texts of a request on."""
        for observer in self._observers:
            observer.cache(model_name, hits, misses)

    def load(self, record: LoadRecord) -> None:
        """Pass a load on."""
        for observer in self._observers:
            observer.load(record)

    def captured(self, model_name: str, log: str, outcome: str, count: int) -> None:
        """Pass captured requests on."""
        for observer in self._observers:
            observer.captured(model_name, log, outcome, count)
