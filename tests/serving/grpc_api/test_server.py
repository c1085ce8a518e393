"""The transport: limits, deadlines, options."""

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from serving.data_plane import DataPlane
from serving.errors import SettingsError
from serving.grpc_api.options import GrpcOptions
from serving.grpc_api.server import create_grpc_server
from serving.observing.observer import NoTracing, Observers
from serving.servables.model import Array, Arrays, LoadedModel, Signature, TensorSpec
from serving.versions.model_config import ModelConfig
from serving.versions.registry import LifecycleOptions, ModelRegistry
from tests.serving.grpc_api.conftest import (
    PROTOS,
    TIMEOUT_S,
    Recorder,
    error_of,
    floats,
    predict_request,
    regress_request,
    serving_grpc,
    strings,
)

FLOAT = TensorSpec("float", np.dtype(np.float32))


@dataclass
class Gate:
    """A model under the test's control: it repeats `x` once the gate is open."""

    opened: threading.Event = field(default_factory=threading.Event)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    deadlines: list[float | None] = field(default_factory=list)

    def load(self, name: str, version: int, path: Path) -> LoadedModel:
        signature = Signature("serving_default", {"x": FLOAT}, {"y": FLOAT})
        return LoadedModel(name, version, {signature.name: signature}, {}, self.run)

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        self.deadlines.append(deadline)
        self.entered.release()
        assert self.opened.wait(TIMEOUT_S)
        return {"y": inputs["x"]}


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


@pytest.fixture
def gated(gate: Gate, tmp_path: Path) -> Iterator[DataPlane]:
    """A data plane over the model `g`."""
    (tmp_path / "1").mkdir()
    registry = ModelRegistry(gate.load, LifecycleOptions(poll_wait_s=0.0))
    registry.apply([ModelConfig("g", tmp_path)], at_startup=True)
    registry.start()
    assert registry.wait_for_first_loads(TIMEOUT_S)
    yield DataPlane(registry)
    gate.opened.set()
    registry.stop(TIMEOUT_S)


@contextmanager
def predicting(address: str, **options: Any) -> Iterator[Any]:
    with grpc.insecure_channel(address, **options) as channel:
        yield PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict


REQUEST = predict_request("g", x=floats(1.0))


def test_the_client_s_deadline_is_the_model_s(gated: DataPlane, gate: Gate) -> None:
    gate.opened.set()
    before = time.monotonic()
    with serving_grpc(gated) as address, predicting(address) as predict:
        predict(REQUEST, timeout=TIMEOUT_S)
    (deadline,) = gate.deadlines
    assert deadline is not None
    # gRPC rounds the time up on the wire, to about three digits.
    assert before < deadline <= time.monotonic() + 1.01 * TIMEOUT_S


def test_no_deadline(gated: DataPlane, gate: Gate) -> None:
    gate.opened.set()
    with serving_grpc(gated) as address, predicting(address) as predict:
        predict(REQUEST)
    assert gate.deadlines == [None]


def test_what_was_given_up_while_it_waited_is_not_run(gated: DataPlane, gate: Gate) -> None:
    with (
        serving_grpc(gated, GrpcOptions(max_threads=1)) as address,
        predicting(address) as predict,
    ):
        first = predict.future(REQUEST, timeout=TIMEOUT_S)
        assert gate.entered.acquire(timeout=TIMEOUT_S)
        late = error_of(lambda: predict(REQUEST, timeout=0.3))
        gate.opened.set()
        first.result()
        predict(REQUEST, timeout=TIMEOUT_S)
    assert late[0] == "DEADLINE_EXCEEDED"
    assert len(gate.deadlines) == 2


def test_too_many_at_once_are_refused_at_once(gated: DataPlane, gate: Gate) -> None:
    with (
        serving_grpc(gated, GrpcOptions(max_concurrent_requests=1)) as address,
        predicting(address) as predict,
    ):
        first = predict.future(REQUEST, timeout=TIMEOUT_S)
        assert gate.entered.acquire(timeout=TIMEOUT_S)
        refused = error_of(lambda: predict(REQUEST, timeout=TIMEOUT_S))
        gate.opened.set()
        answered = first.result()
    assert refused[0] == "RESOURCE_EXHAUSTED"
    assert list(answered.outputs["y"].float_val) == [1.0]


def test_stop_lets_a_request_finish(gated: DataPlane, gate: Gate) -> None:
    server = create_grpc_server(gated, GrpcOptions(), Observers(), NoTracing())
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with predicting(f"127.0.0.1:{port}") as predict:
        pending = predict.future(REQUEST, timeout=TIMEOUT_S)
        assert gate.entered.acquire(timeout=TIMEOUT_S)
        stopped = server.stop(TIMEOUT_S)
        gate.opened.set()
        assert list(pending.result().outputs["y"].float_val) == [1.0]
    assert stopped.wait(TIMEOUT_S)


def test_messages_beyond_grpc_s_own_limit(plane: Any) -> None:
    big = b"x" * 5_000_000  # grpcio's default limit is 4 MiB, in both directions
    options = [("grpc.max_receive_message_length", -1)]
    with serving_grpc(plane) as address, predicting(address, options=options) as predict:
        response = predict(predict_request("txt", t=strings(big)), timeout=TIMEOUT_S)
    assert list(response.outputs["u"].string_val) == [big]


def test_requests_over_the_limit(plane: Any) -> None:
    options = GrpcOptions(max_request_bytes=1000)
    with serving_grpc(plane, options) as address, predicting(address) as predict:
        request = predict_request("txt", t=strings(b"x" * 2000))
        code, _ = error_of(lambda: predict(request, timeout=TIMEOUT_S))
    assert code == "RESOURCE_EXHAUSTED"


def test_tensor_content(plane: Any) -> None:
    options = GrpcOptions(serialize_as_tensor_content=True)
    with serving_grpc(plane, options) as address, predicting(address) as predict:
        output = predict(predict_request("hp", x=floats(4.0)), timeout=TIMEOUT_S).outputs["y"]
    assert output.tensor_content == np.array([5.0], np.float32).tobytes()
    assert not output.float_val


def test_method_names_are_checked_on_demand(plane: Any) -> None:
    options = GrpcOptions(check_method_names=True)
    request = regress_request("hp", "reg", PROTOS.example_pb2.Example())
    with serving_grpc(plane, options) as address, grpc.insecure_channel(address) as channel:
        stub = PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(channel)
        _, text = error_of(lambda: stub.Regress(request, timeout=TIMEOUT_S))
    # Keras and tf.Module export every signature as one that predicts.
    assert text == (
        "Expected regression signature method_name to be tensorflow/serving/regress. "
        "Was: tensorflow/serving/predict"
    )


def test_channel_arguments_are_given_to_grpc(plane: Any) -> None:
    options = GrpcOptions(channel_arguments=("grpc.max_receive_message_length=1000",))
    with serving_grpc(plane, options) as address, predicting(address) as predict:
        request = predict_request("txt", t=strings(b"x" * 2000))
        code, _ = error_of(lambda: predict(request, timeout=TIMEOUT_S))
    assert code == "RESOURCE_EXHAUSTED"


def test_channel_arguments_with_text() -> None:
    options = GrpcOptions(channel_arguments=("a=b=c", " d=1")).channel_options()
    assert options[:2] == [("a", "b=c"), ("d", 1)]


@pytest.mark.parametrize("argument", ["a", "=1", ""])
def test_channel_arguments_that_are_no_pairs(argument: str) -> None:
    with pytest.raises(SettingsError, match="--grpc_channel_arguments has"):
        GrpcOptions(channel_arguments=(argument,)).channel_options()


@pytest.mark.parametrize(
    "method",
    [
        "/tensorflow.serving.SessionService/SessionRun",
        "/tensorflow.ProfilerService/Profile",
        "/grpc.health.v1.Health/Check",
        "/tensorflow.serving.PredictionService/PredictStreamed",
    ],
)
def test_what_is_not_offered(grpc_channel: Any, method: str) -> None:
    code, _ = error_of(lambda: grpc_channel.unary_unary(method)(b"", timeout=TIMEOUT_S))
    assert code == "UNIMPLEMENTED"


def test_a_port_that_is_taken(plane: Any) -> None:
    with serving_grpc(plane) as address:
        server = create_grpc_server(plane, GrpcOptions(), Observers(), NoTracing())
        with pytest.raises(RuntimeError):
            server.add_insecure_port(address)
        server.stop(None).wait()


def test_many_at_once(plane: Any, recorder: Recorder) -> None:
    with (
        serving_grpc(plane, observer=recorder) as address,
        predicting(address) as predict,
        ThreadPoolExecutor(16) as threads,
    ):
        requests = [predict_request("hp", x=floats(float(n))) for n in range(100)]
        answers = threads.map(lambda request: predict(request, timeout=TIMEOUT_S), requests)
        found = [answer.outputs["y"].float_val[0] for answer in answers]
    assert found == [n / 2 + 3 for n in range(100)]
