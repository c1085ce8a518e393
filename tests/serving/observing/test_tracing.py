import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from serving.errors import Code, SettingsError
from serving.observing.observer import NoTracing, Observers, RequestRecord
from serving.observing.tracing import OpenTelemetryTracer, create_tracer
from tests.serving.grpc_api.conftest import (
    PROTOS,
    TIMEOUT_S,
    floats,
    predict_request,
    serving_grpc,
)

TRACE_ID = 0x0AF7651916CD43DD8448EB211C80319C
PARENT_ID = 0xB7AD6B7169203331
TRACEPARENT = f"00-{TRACE_ID:032x}-{PARENT_ID:016x}-01"
RECORD = RequestRecord(
    entrypoint="REST",
    api="predict",
    path="/v1/models/hp:predict",
    model_name="hp",
    known_model=True,
    version=2,
    code=Code.OK,
    http_status=200,
    seconds=0.1,
    request_bytes=10,
    response_bytes=20,
)


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exporter: InMemorySpanExporter) -> Iterator[OpenTelemetryTracer]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield OpenTelemetryTracer(provider.get_tracer("test"))
    provider.shutdown()


def only_span(exporter: InMemorySpanExporter) -> Any:
    (span,) = exporter.get_finished_spans()
    return span


def test_names_that_are_no_utf8_can_be_exported(
    tracer: OpenTelemetryTracer, exporter: InMemorySpanExporter
) -> None:
    with tracer.span("predict", list):
        tracer.request(replace(RECORD, model_name="a\udcff"))
    assert only_span(exporter).attributes["bert_aas.model.name"].encode("utf-8") == b"a\xef\xbf\xbd"


def test_a_span_continues_the_caller_s_trace(
    tracer: OpenTelemetryTracer, exporter: InMemorySpanExporter
) -> None:
    with tracer.span("predict", lambda: [("Traceparent", TRACEPARENT)]):
        pass
    span = only_span(exporter)
    assert (span.name, span.kind) == ("predict", SpanKind.SERVER)
    assert (span.context.trace_id, span.parent.span_id) == (TRACE_ID, PARENT_ID)


@pytest.mark.parametrize("headers", [[], [("traceparent", "nonsense")]])
def test_a_span_without_a_caller_begins_a_trace(
    tracer: OpenTelemetryTracer, exporter: InMemorySpanExporter, headers: list[tuple[str, str]]
) -> None:
    with tracer.span("predict", lambda: headers):
        pass
    assert only_span(exporter).parent is None


def test_attributes_of_rest(tracer: OpenTelemetryTracer, exporter: InMemorySpanExporter) -> None:
    with tracer.span("predict", list):
        tracer.request(RECORD)
    span = only_span(exporter)
    assert dict(span.attributes) == {
        "bert_aas.model.name": "hp",
        "bert_aas.model.version": 2,
        "bert_aas.request.bytes": 10,
        "bert_aas.response.bytes": 20,
        "http.response.status_code": 200,
    }
    assert span.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(
    ("code", "status"),
    [(Code.INTERNAL, StatusCode.ERROR), (Code.INVALID_ARGUMENT, StatusCode.UNSET)],
)
def test_only_the_server_s_errors_are_errors(
    tracer: OpenTelemetryTracer,
    exporter: InMemorySpanExporter,
    code: Code,
    status: StatusCode,
) -> None:
    with tracer.span("predict", list):
        tracer.request(replace(RECORD, code=code, version=None))
    span = only_span(exporter)
    assert span.status.status_code is status
    assert "bert_aas.model.version" not in span.attributes


def test_a_record_outside_of_spans_is_dropped(
    tracer: OpenTelemetryTracer, exporter: InMemorySpanExporter
) -> None:
    tracer.request(RECORD)
    assert exporter.get_finished_spans() == ()


def test_a_grpc_request(
    plane: Any, tracer: OpenTelemetryTracer, exporter: InMemorySpanExporter
) -> None:
    with (
        serving_grpc(plane, observer=Observers([tracer]), tracer=tracer) as address,
        grpc.insecure_channel(address) as channel,
    ):
        stub = PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(channel)
        metadata = (("traceparent", TRACEPARENT),)
        stub.Predict(predict_request("hp", x=floats(4.0)), timeout=TIMEOUT_S, metadata=metadata)
    span = only_span(exporter)
    assert (span.name, span.context.trace_id) == ("Predict", TRACE_ID)
    found = {key: span.attributes[key] for key in span.attributes if "bytes" not in key}
    assert found == {
        "bert_aas.model.name": "hp",
        "bert_aas.model.version": 2,
        "rpc.system": "grpc",
        "rpc.service": "tensorflow.serving.PredictionService",
        "rpc.method": "Predict",
        "rpc.grpc.status_code": 0,
    }


def test_tracing_is_off_by_default() -> None:
    assert isinstance(create_tracer(False), NoTracing)


def test_opentelemetry_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(SettingsError, match=re.escape("pip install 'bert-aas[tracing]'")):
        create_tracer(True)


def test_the_exporter_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SettingsError, match="OTLP exporter"):
        create_tracer(True)


def test_a_provider_that_is_set_stays(
    monkeypatch: pytest.MonkeyPatch, exporter: InMemorySpanExporter
) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    with create_tracer(True).span("predict", list):
        pass
    provider.shutdown()
    assert only_span(exporter).name == "predict"
