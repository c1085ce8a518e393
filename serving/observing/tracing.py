"""Traces requests with OpenTelemetry, an optional package.

The provider and its exporter are set up by OpenTelemetry itself from the standard `OTEL_*`
variables; a provider that the process has set already stays.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from serving.errors import Code, SettingsError
from serving.observing.observer import (
    BatchRecord,
    LoadRecord,
    NoTracing,
    ReadHeaders,
    RequestRecord,
    Tracer,
)
from serving.observing.standard_output import valid_text

_NAME = "bert_aas.serving"
_EXPORTERS = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
_INSTALL = "pip install 'bert-aas[tracing]'"


def create_tracer(enabled: bool) -> Tracer:
    """Build the tracer of the transports.

    Args:
        enabled: Whether to trace; without it OpenTelemetry is not even imported.

    Returns:
        The tracer. One that traces is an Observer as well, which writes what becomes known of a
        request to its span: let it observe the requests (see `OpenTelemetryTracer`).

    Raises:
        SettingsError: If OpenTelemetry is not installed.
    """
    if not enabled:
        return NoTracing()
    try:
        from opentelemetry import trace
    except ImportError as exc:
        raise SettingsError(f"Tracing needs OpenTelemetry; install it: {_INSTALL}") from exc
    _set_up_provider(trace)
    return OpenTelemetryTracer(trace.get_tracer(_NAME))


class OpenTelemetryTracer:
    """Opens a span per request, as part of the trace that the W3C header `traceparent` names.

    It is an Observer too: a transport reports a request while its span is open, and the span gets
    the model's name and version, the code and the sizes. Texts of requests stay out.
    """

    def __init__(self, tracer: Any) -> None:
        """Prepare.

        Args:
            tracer: An `opentelemetry.trace.Tracer`.
        """
        self._tracer = tracer

    @contextmanager
    def span(self, name: str, read_headers: ReadHeaders) -> Iterator[None]:
        """Trace a request.

        Args:
            name: The span's name.
            read_headers: Returns the HTTP headers or gRPC metadata of the request.

        Yields:
            Nothing.
        """
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier = {key.lower(): value for key, value in read_headers()}
        context = TraceContextTextMapPropagator().extract(carrier)
        with self._tracer.start_as_current_span(name, context=context, kind=SpanKind.SERVER):
            yield

    def request(self, record: RequestRecord) -> None:
        """Describe a request in the span that is open."""
        from opentelemetry.trace import Status, StatusCode, get_current_span

        span = get_current_span()
        span.set_attributes(_attributes(record))
        if _is_server_error(record):
            span.set_status(Status(StatusCode.ERROR, record.code.name))

    def run(self, model_name: str, api: str, seconds: float) -> None:
        """Do nothing: the span has the request's time."""

    def batch(self, record: BatchRecord) -> None:
        """Do nothing: a batch belongs to many requests."""

    def cache(self, model_name: str, hits: int, misses: int) -> None:
        """Do nothing: the span has the request's time."""

    def captured(self, model_name: str, log: str, outcome: str, count: int) -> None:
        """Do nothing: these requests have been answered."""

    def load(self, record: LoadRecord) -> None:
        """Do nothing: loads are no requests."""


def _set_up_provider(trace: Any) -> None:
    """Install the SDK's provider, unless there is one."""
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return
    try:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporters = import_module(_EXPORTERS)
    except ImportError as exc:
        raise SettingsError(
            f"Tracing needs OpenTelemetry's SDK and its OTLP exporter; install them: {_INSTALL}"
        ) from exc
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporters.OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def _attributes(record: RequestRecord) -> dict[str, str | int]:
    """Name what is known as OpenTelemetry's semantic conventions do, where they have a name."""
    attributes: dict[str, str | int] = {
        "bert_aas.model.name": valid_text(record.model_name[:256]),  # else no span is exported
        "bert_aas.request.bytes": record.request_bytes,
        "bert_aas.response.bytes": record.response_bytes,
    }
    if record.version is not None:
        attributes["bert_aas.model.version"] = record.version
    if record.http_status is None:
        service, _, method = record.path.strip("/").partition("/")
        attributes |= {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}
        attributes["rpc.grpc.status_code"] = int(record.code)
    else:
        attributes["http.response.status_code"] = record.http_status
    return attributes


def _is_server_error(record: RequestRecord) -> bool:
    return record.code in {
        Code.UNKNOWN,
        Code.INTERNAL,
        Code.UNAVAILABLE,
        Code.DATA_LOSS,
        Code.DEADLINE_EXCEEDED,
        Code.UNIMPLEMENTED,
    }
