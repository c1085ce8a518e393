"""What observers and clients learn of a call."""

import logging
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from serving.errors import Code
from serving.grpc_api.calls import Call, Caller, Method
from serving.observing.observer import NoTracing, ReadHeaders
from serving.servables.callers import gone_error, is_gone, when_gone
from tests.serving.grpc_api.conftest import (
    PROTOS,
    TIMEOUT_S,
    Recorder,
    error_of,
    floats,
    metadata_request,
    predict_request,
    serving_grpc,
)

PREDICT = "/tensorflow.serving.PredictionService/Predict"


class Spans:
    """A tracer that keeps the names and headers."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Sequence[tuple[str, str]]]] = []

    @contextmanager
    def span(self, name: str, read_headers: ReadHeaders) -> Iterator[None]:
        self.seen.append((name, read_headers()))
        yield


@pytest.fixture
def spans() -> Spans:
    return Spans()


@pytest.fixture
def observed(plane: Any, recorder: Recorder, spans: Spans) -> Iterator[Any]:
    """A channel to a server that is watched."""
    with (
        serving_grpc(plane, observer=recorder, tracer=spans) as address,
        grpc.insecure_channel(address) as channel,
    ):
        yield channel


@pytest.fixture
def stub(observed: Any) -> Any:
    return PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(observed)


def test_record_of_an_answer(stub: Any, recorder: Recorder) -> None:
    request = predict_request("hp", x=floats(4.0))
    response = stub.Predict(request, timeout=TIMEOUT_S)
    record = recorder.next()
    assert (record.entrypoint, record.api, record.path) == ("GRPC", "Predict", PREDICT)
    assert (record.model_name, record.known_model, record.version) == ("hp", True, 2)
    assert (record.code, record.http_status) == (Code.OK, None)
    assert record.request_bytes == request.ByteSize()
    assert record.response_bytes == response.ByteSize()
    assert record.peer.startswith("ipv4:127.0.0.1:")
    assert 0 < record.seconds < TIMEOUT_S
    assert recorder.runs == [("hp", "Predict")]


def test_record_of_an_unknown_model(stub: Any, recorder: Recorder) -> None:
    error_of(lambda: stub.Predict(predict_request("m"), timeout=TIMEOUT_S))
    record = recorder.next()
    assert (record.model_name, record.known_model, record.version) == ("m", False, None)
    assert (record.code, record.response_bytes) == (Code.NOT_FOUND, 0)
    assert recorder.runs == []


def test_record_of_a_refused_request(stub: Any, recorder: Recorder) -> None:
    error_of(lambda: stub.GetModelMetadata(metadata_request("hp"), timeout=TIMEOUT_S))
    record = recorder.next()
    assert (record.api, record.model_name) == ("GetModelMetadata", "hp")
    assert record.code is Code.INVALID_ARGUMENT


def test_a_request_that_cannot_be_parsed(observed: Any, recorder: Recorder) -> None:
    call = observed.unary_unary(PREDICT)
    assert error_of(lambda: call(b"\xff\xff", timeout=TIMEOUT_S)) == (
        "INTERNAL",
        "Cannot parse the Predict request",
    )
    assert recorder.next().code is Code.INTERNAL


def test_spans_have_the_caller_s_metadata(stub: Any, spans: Spans) -> None:
    sent = (("traceparent", "00-1-2-01"), ("blob-bin", b"\x00"))
    stub.Predict(predict_request("hp", x=floats(4.0)), timeout=TIMEOUT_S, metadata=sent)
    ((name, headers),) = spans.seen
    assert name == "Predict"
    assert ("traceparent", "00-1-2-01") in headers
    assert "blob-bin" not in dict(headers)


@pytest.mark.parametrize(
    ("name", "details"),
    [
        # The text begins with 35 characters; 1024 - 35 = 989 of the name fit.
        ("n" * 2000, "Servable not found for request: Latest(" + "n" * 985 + "...TRUNCATED"),
        (
            "\u20ac" * 2000,
            "Servable not found for request: Latest(" + "\u20ac" * 328 + "...TRUNCATED",
        ),
    ],
    ids=["ascii", "three bytes each"],
)
def test_long_error_texts_are_cut(stub: Any, name: str, details: str) -> None:
    found = error_of(lambda: stub.Predict(predict_request(name), timeout=TIMEOUT_S))
    assert found == ("NOT_FOUND", details)


def test_failures_of_the_server_itself_keep_their_text(
    stub: Any, plane: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(query: Any, message: Any = None) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr(plane, "use", fail)
    with caplog.at_level(logging.ERROR, "serving.grpc_api.calls"):
        found = error_of(lambda: stub.Predict(predict_request("hp"), timeout=TIMEOUT_S))
    assert found == ("INTERNAL", "Internal error")
    assert "secret" in caplog.text


class LateContext:
    """A `grpc.ServicerContext` whose time is up; gRPC seldom hands one over."""

    def invocation_metadata(self) -> None:
        return None

    def time_remaining(self) -> float:
        return 0.0

    def peer(self) -> str:
        return "ipv4:127.0.0.1:1"

    def abort(self, code: Any, details: str) -> Any:
        raise RuntimeError(f"{code.name}: {details}")


def test_a_request_that_is_late_is_not_answered(plane: Any, recorder: Recorder) -> None:
    asked: list[Any] = []
    empty = PROTOS.predict_pb2.PredictRequest
    method = Method("s", "Predict", empty, lambda request, _call: asked.append(request))
    handle = Caller(plane, recorder, NoTracing()).handler(method).unary_unary
    with pytest.raises(RuntimeError, match="DEADLINE_EXCEEDED: The deadline passed"):
        handle(b"", LateContext())
    assert asked == []
    assert recorder.next().code is Code.DEADLINE_EXCEEDED


def test_a_client_that_leaves_is_told_of(plane: Any) -> None:
    entered, gone = threading.Event(), threading.Event()

    def answer(_request: Any, _call: Call) -> Any:
        when_gone(gone.set)
        entered.set()
        assert gone.wait(TIMEOUT_S)
        assert is_gone()
        raise gone_error()

    recorder = Recorder()
    method = Method("s", "M", PROTOS.predict_pb2.PredictRequest, answer)
    handler = Caller(plane, recorder, NoTracing()).handler(method)
    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("s", {"M": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        method_call: Any = channel.unary_unary("/s/M")
        call = method_call.future(b"")
        assert entered.wait(TIMEOUT_S)
        call.cancel()
        assert recorder.next().code is Code.CANCELLED
    server.stop(None).wait()
