"""Control calls while all threads that ask models are busy, and more requests wait."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from serving.data_plane import DataPlane
from serving.grpc_api.options import GrpcOptions
from serving.grpc_api.pools import CountingPool
from serving.servables.model import Arrays, LoadedModel, Signature, TensorSpec
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import ModelConfig
from serving.versions.registry import ModelRegistry
from tests.serving.grpc_api.conftest import (
    PROTOS,
    TIMEOUT_S,
    error_of,
    floats,
    metadata_request,
    predict_request,
    serving_grpc,
)

OPTIONS = GrpcOptions(max_threads=2, max_concurrent_requests=4, enable_health_check=True)
SERVING = health_pb2.HealthCheckResponse.SERVING


class Busy:
    """A server all of whose places for requests to models are taken."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.opened = threading.Event()
        self.entered = threading.Semaphore(0)
        self.calls: list[Any] = []
        self.channel: Any = None

    def load(self, name: str, version: int, path: Path) -> LoadedModel:
        spec = TensorSpec("float", np.dtype(np.float32))
        signature = Signature("serving_default", {"x": spec}, {"y": spec})
        return LoadedModel(name, version, {signature.name: signature}, {}, self.run)

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Any]:
        self.entered.release()
        assert self.opened.wait(TIMEOUT_S)
        return {"y": inputs["x"]}

    @property
    def predict(self) -> Any:
        return PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(self.channel).Predict

    def fill(self) -> None:
        """Let two requests run and two wait."""
        predict, request = self.predict, predict_request("g", x=floats(1.0))
        self.calls = [predict.future(request, timeout=TIMEOUT_S) for _ in range(4)]
        for _ in range(2):
            assert self.entered.acquire(timeout=TIMEOUT_S)


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Busy]:
    (tmp_path / "1").mkdir()
    made = Busy(tmp_path)
    registry = ModelRegistry(made.load, LifecycleOptions(poll_wait_s=0.0))
    registry.apply([ModelConfig("g", tmp_path)], at_startup=True)
    registry.start()
    assert registry.wait_for_first_loads(TIMEOUT_S)
    with (
        serving_grpc(DataPlane(registry), OPTIONS) as address,
        grpc.insecure_channel(address) as made.channel,
    ):
        made.fill()
        yield made
        made.opened.set()
        answers = [list(call.result().outputs["y"].float_val) for call in made.calls]
    assert answers == [[1.0]] * 4
    registry.stop(TIMEOUT_S)


@pytest.fixture
def channel(busy: Busy) -> Any:
    return busy.channel


def test_health_does_not_wait_behind_predict(channel: Any) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest()
    assert stub.Check(request, timeout=TIMEOUT_S).status == SERVING
    watched = stub.Watch(request, timeout=TIMEOUT_S)
    assert next(watched).status == SERVING
    watched.cancel()


def test_status_and_metadata_do_not_wait_behind_predict(channel: Any) -> None:
    status = PROTOS.get_model_status_pb2.GetModelStatusRequest()
    status.model_spec.name = "g"
    models = PROTOS.model_service_pb2_grpc.ModelServiceStub(channel)
    found = models.GetModelStatus(status, timeout=TIMEOUT_S).model_version_status
    assert [each.version for each in found] == [1]
    prediction = PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(channel)
    described = prediction.GetModelMetadata(
        metadata_request("g", "signature_def"), timeout=TIMEOUT_S
    )
    assert described.model_spec.name == "g"


def test_reloads_do_not_wait_behind_predict(channel: Any, busy: Busy) -> None:
    request = PROTOS.model_management_pb2.ReloadConfigRequest()
    request.config.model_config_list.config.add(
        name="g", base_path=str(busy.base), model_platform="tensorflow"
    )
    models = PROTOS.model_service_pb2_grpc.ModelServiceStub(channel)
    answer = models.HandleReloadConfigRequest(request, timeout=TIMEOUT_S)
    assert answer.status.error_code == 0


def test_requests_to_models_beyond_the_limit_are_refused(busy: Busy) -> None:
    request = predict_request("g", x=floats(1.0))
    refused = error_of(lambda: busy.predict(request, timeout=TIMEOUT_S))
    assert refused == ("RESOURCE_EXHAUSTED", "Concurrent RPC limit exceeded!")


def test_a_pool_goes_on_where_the_system_has_no_more_threads(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pool, opened = CountingPool(2, "test"), threading.Event()
    first = pool.submit(opened.wait, TIMEOUT_S)

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        second = pool.submit(lambda: "answered")
    assert not second.done()
    assert "No further thread could be started: can't start new thread" in caplog.text
    opened.set()
    assert (first.result(TIMEOUT_S), second.result(TIMEOUT_S)) == (True, "answered")
    assert pool.unfinished == 0
    pool.shutdown()


def test_a_pool_counts_what_runs_and_waits() -> None:
    pool, opened = CountingPool(1, "test"), threading.Event()
    futures = [pool.submit(opened.wait, TIMEOUT_S) for _ in range(3)]
    assert pool.unfinished == 3
    opened.set()
    for future in futures:
        future.result(TIMEOUT_S)
    pool.shutdown()
    assert pool.unfinished == 0
    with pytest.raises(RuntimeError):
        pool.submit(opened.wait)
    assert pool.unfinished == 0
