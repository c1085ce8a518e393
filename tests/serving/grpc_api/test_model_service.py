from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from serving.data_plane import DataPlane
from serving.errors import Code
from serving.grpc_api.options import GrpcOptions
from serving.servables.saved_model import load_saved_model
from serving.versions.model_config import ModelConfig
from serving.versions.registry import LifecycleOptions, ModelRegistry
from tests.serving.grpc_api.conftest import PROTOS, TIMEOUT_S, Recorder, error_of, serving_grpc

AVAILABLE = 30


def status_request(model: str, version: int | None = None, label: str | None = None) -> Any:
    request = PROTOS.get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = model
    if version is not None:
        request.model_spec.version.value = version
    if label is not None:
        request.model_spec.version_label = label
    return request


@pytest.mark.parametrize(
    ("request_", "versions"),
    [
        (status_request("hp"), [2, 1]),
        (status_request("hp", version=1), [1]),
        (status_request("hp", label="stable"), [2, 1]),
        (status_request("two"), [123]),
    ],
)
def test_status(models_stub: Any, request_: Any, versions: list[int]) -> None:
    found = models_stub.GetModelStatus(request_, timeout=TIMEOUT_S).model_version_status
    assert [status.version for status in found] == versions
    assert {status.state for status in found} == {AVAILABLE}
    assert all(status.HasField("status") for status in found)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (status_request("m"), ("NOT_FOUND", "Could not find any versions of model m")),
        (status_request("hp", 9), ("NOT_FOUND", "Could not find version 9 of model hp")),
        (
            PROTOS.get_model_status_pb2.GetModelStatusRequest(),
            ("INVALID_ARGUMENT", "Missing ModelSpec"),
        ),
    ],
)
def test_status_of_what_is_not_there(
    models_stub: Any, request_: Any, error: tuple[str, str]
) -> None:
    assert error_of(lambda: models_stub.GetModelStatus(request_, timeout=TIMEOUT_S)) == error


@pytest.fixture
def reloadable(exported: Path, recorder: Recorder) -> Iterator[Any]:
    """The stub of a server of its own, which serves `old` as `first`."""
    registry = ModelRegistry(
        load_saved_model, LifecycleOptions(poll_wait_s=0.05, max_num_load_retries=0)
    )
    registry.apply([ModelConfig("first", exported / "old")], at_startup=True)
    registry.start()
    assert registry.wait_for_first_loads(TIMEOUT_S)
    with (
        serving_grpc(
            DataPlane(registry), observer=recorder, read_counter={"/a/b": 3}.get
        ) as address,
        grpc.insecure_channel(address) as channel,
    ):
        yield PROTOS.model_service_pb2_grpc.ModelServiceStub(channel)
    registry.stop(TIMEOUT_S)


def reload_request(**base_paths: Path) -> Any:
    request = PROTOS.model_management_pb2.ReloadConfigRequest()
    configs = request.config.model_config_list.config
    for name, base_path in base_paths.items():
        configs.add(name=name, base_path=str(base_path), model_platform="tensorflow")
    return request


def test_reload_returns_when_the_new_model_is_available(reloadable: Any, exported: Path) -> None:
    request = reload_request(second=exported / "hp")
    response = reloadable.HandleReloadConfigRequest(request, timeout=TIMEOUT_S)
    assert (response.HasField("status"), response.status.error_code) == (True, 0)
    (status,) = reloadable.GetModelStatus(
        status_request("second"), timeout=TIMEOUT_S
    ).model_version_status
    assert (status.version, status.state) == (2, AVAILABLE)


def test_reload_reports_how_metrics_grew(reloadable: Any, exported: Path) -> None:
    request = reload_request(first=exported / "old")
    request.metric_names.extend(["/a/b", "/not/there"])
    response = reloadable.HandleReloadConfigRequest(request, timeout=TIMEOUT_S)
    assert [(found.name, found.int64_value_increase) for found in response.metric] == [("/a/b", 0)]


def test_reload_fails_with_the_new_model(reloadable: Any, tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    request = reload_request(broken=tmp_path)
    code, text = error_of(lambda: reloadable.HandleReloadConfigRequest(request, timeout=TIMEOUT_S))
    assert code == "UNKNOWN"
    assert "broken" in text


def test_reload_gives_up_at_the_deadline(
    reloadable: Any, tmp_path: Path, recorder: Recorder
) -> None:
    request = reload_request(nothing=tmp_path)  # holds no version, so it never becomes available
    code, _ = error_of(lambda: reloadable.HandleReloadConfigRequest(request, timeout=0.5))
    assert code == "DEADLINE_EXCEEDED"
    assert recorder.next().code is Code.DEADLINE_EXCEEDED  # the server's thread is free again


def test_reload_can_be_switched_off(exported: Path) -> None:
    registry = ModelRegistry(load_saved_model, LifecycleOptions())
    with (
        serving_grpc(DataPlane(registry), GrpcOptions(enable_reload=False)) as address,
        grpc.insecure_channel(address) as channel,
    ):
        stub = PROTOS.model_service_pb2_grpc.ModelServiceStub(channel)
        request = reload_request(second=exported / "hp")
        error = error_of(lambda: stub.HandleReloadConfigRequest(request, timeout=TIMEOUT_S))
        unknown = error_of(lambda: stub.GetModelStatus(status_request("second"), timeout=TIMEOUT_S))
    assert error == (
        "UNIMPLEMENTED",
        "HandleReloadConfigRequest is switched off on this server (--enable_reload_config=false).",
    )
    assert unknown == ("NOT_FOUND", "Could not find any versions of model second")


def test_reload_takes_lists_only(reloadable: Any) -> None:
    request = PROTOS.model_management_pb2.ReloadConfigRequest()
    code, text = error_of(lambda: reloadable.HandleReloadConfigRequest(request, timeout=TIMEOUT_S))
    assert code == "INVALID_ARGUMENT"
    assert "model_config_list" in text
