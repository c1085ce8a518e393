import os
from pathlib import Path

import pytest

from serving.errors import SettingsError
from serving.settings import ServerSettings, silence_tensorflow


def test_defaults_are_valid(tmp_path: Path) -> None:
    settings = ServerSettings(tmp_path)
    settings.validate()
    assert settings.rest_api_keep_alive_s == 75  # beyond the 60 s of common proxies


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"model_name": ""}, "--model_name is empty"),
        ({"port": 70000}, "--port is 70000; allowed are 0 to 65535."),
        ({"rest_api_port": -1}, "--rest_api_port is -1"),
        ({"port": 9000, "rest_api_port": 9000}, "are both 9000"),
        ({"sagemaker_port": 8500}, "--port and --sagemaker_port are both 8500"),
        ({"sagemaker_port": 8501}, "--rest_api_port and --sagemaker_port are both 8501"),
        ({"sagemaker_port": 70000}, "--sagemaker_port is 70000; allowed are 0 to 65535."),
        ({"sagemaker_response_keys": "label"}, "is 'label'; allowed are predicted_label, proba"),
        ({"sagemaker_response_keys": " "}, "--sagemaker_response_keys is ' '; allowed are"),
        ({"rest_api_keep_alive_s": 0.5}, "--rest_api_keep_alive_s is 0.5; it must be at least 1."),
        ({"rest_api_keep_alive_s": float("nan")}, "--rest_api_keep_alive_s is nan; it must be"),
        ({"grpc_max_threads": -1}, "--grpc_max_threads is -1; it must be at least 0."),
        ({"rest_api_num_threads": -1}, "--rest_api_num_threads is -1; it must be at least 0."),
        ({"shutdown_grace_s": float("inf")}, "--shutdown_grace_s is inf; it must be at least 0."),
        ({"grpc_socket_path": "/nowhere/x.sock"}, "x.sock: /nowhere is not a folder that can be"),
        ({"grpc_socket_path": f"/var/{'x' * 103}"}, "is too long; a socket's path has at most 107"),
        ({"traffic_config_file": Path("/nowhere/x")}, "/nowhere is not a folder that can be"),
        ({"traffic_config_file": Path("/")}, "--traffic_config_file / is a folder; give a file"),
        ({"traffic_config_file_poll_wait_seconds": -1}, "it must be at least 0."),
        ({"traffic_key_header": "a b"}, "--traffic_key_header is 'a b'; give the name of a hea"),
        ({"log_level": "all"}, "--log_level is 'all'; allowed are debug, info, warning, error."),
        ({"capture_config_file": Path("/none")}, "--capture_config_file /none cannot be read: No"),
        ({"engine": "onnx"}, "--engine is 'onnx'; allowed are auto, tensorflow, openvino."),
    ],
)
def test_refused(tmp_path: Path, changes: dict[str, object], text: str) -> None:
    with pytest.raises(SettingsError, match=text):
        ServerSettings(tmp_path, **changes).validate()  # type: ignore[arg-type]


@pytest.mark.parametrize("level", ["debug", "INFO", "Warning"])
def test_log_levels(tmp_path: Path, level: str) -> None:
    ServerSettings(tmp_path, log_level=level).validate()


def test_a_file_as_base_path(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="file is not a folder; give the folder that holds"):
        ServerSettings(tmp_path / "file").validate()


@pytest.mark.parametrize("name", ["gone", "dangling", "x" * 300])
def test_a_base_path_that_cannot_be_looked_at_yet_is_waited_for(tmp_path: Path, name: str) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    ServerSettings(tmp_path / name).validate()


def test_a_pipe_of_the_shell_is_a_file_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ServerSettings(model_config_file=tmp_path / "pipe").validate()


@pytest.mark.parametrize(("given", "kept"), [(None, "3"), ("1", "1")])
def test_a_log_level_of_the_user_stays(
    monkeypatch: pytest.MonkeyPatch, given: str | None, kept: str
) -> None:
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    if given is not None:
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", given)
    silence_tensorflow()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == kept  # noqa: TID251
