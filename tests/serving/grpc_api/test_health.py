from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from serving.data_plane import DataPlane
from serving.grpc_api.options import GrpcOptions
from serving.grpc_api.server import create_grpc_server
from serving.observing.observer import NoTracing, Observers
from serving.servables.saved_model import load_saved_model
from serving.versions.model_config import ModelConfig
from serving.versions.registry import LifecycleOptions, ModelRegistry
from tests.serving.conftest import add_version
from tests.serving.grpc_api.conftest import TIMEOUT_S, error_of, floats, predict_request

OPTIONS = GrpcOptions(max_threads=2, enable_health_check=True)
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A base path without versions."""
    folder = tmp_path / "base"
    folder.mkdir()
    return folder


@pytest.fixture
def registry(base: Path) -> Iterator[ModelRegistry]:
    registry = ModelRegistry(load_saved_model, LifecycleOptions(poll_wait_s=0.05))
    registry.apply([ModelConfig("m", base)], at_startup=True)
    registry.start()
    yield registry
    registry.stop(TIMEOUT_S)


@pytest.fixture
def server(registry: ModelRegistry) -> Iterator[Any]:
    server = create_grpc_server(DataPlane(registry), OPTIONS, Observers(), NoTracing())
    yield server
    server.stop(None).wait()


@pytest.fixture
def channel(server: Any) -> Iterator[Any]:
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as opened:
        yield opened


@pytest.fixture
def health(channel: Any) -> Any:
    return health_pb2_grpc.HealthStub(channel)


def ask(service: str) -> Any:
    return health_pb2.HealthCheckRequest(service=service)


@pytest.mark.parametrize("service", ["", "ModelService", "PredictionService"])
def test_serving_follows_readiness(
    health: Any, registry: ModelRegistry, exported: Path, base: Path, service: str
) -> None:
    assert health.Check(ask(service), timeout=TIMEOUT_S).status == NOT_SERVING
    add_version(exported / "old" / "1", base, 1)
    assert registry.wait_for_first_loads(TIMEOUT_S)
    assert health.Check(ask(service), timeout=TIMEOUT_S).status == SERVING


def test_unknown_service(health: Any) -> None:
    assert error_of(lambda: health.Check(ask("nope"), timeout=TIMEOUT_S))[0] == "NOT_FOUND"


def test_watch_is_told_of_changes_and_ends_with_the_server(
    health: Any, server: Any, exported: Path, base: Path
) -> None:
    stream = health.Watch(ask("PredictionService"), timeout=TIMEOUT_S)
    assert next(stream).status == NOT_SERVING
    add_version(exported / "old" / "1", base, 1)
    assert next(stream).status == SERVING
    stopped = server.stop(10 * TIMEOUT_S)
    assert [answer.status for answer in stream] == [NOT_SERVING]
    assert stopped.wait(TIMEOUT_S)


def test_watch_of_an_unknown_service_stays_open(health: Any) -> None:
    stream = health.Watch(ask("nope"), timeout=TIMEOUT_S)
    assert next(stream).status == UNKNOWN
    stream.cancel()


def test_watchers_take_no_threads(channel: Any, health: Any) -> None:
    streams = [health.Watch(ask(""), timeout=TIMEOUT_S) for _ in range(2 * OPTIONS.max_threads)]
    assert [next(stream).status for stream in streams] == [NOT_SERVING] * len(streams)
    predict = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    body = predict_request("m", x=floats(1.0)).SerializeToString()
    assert error_of(lambda: predict(body, timeout=TIMEOUT_S))[0] == "NOT_FOUND"
