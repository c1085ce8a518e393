"""Lifecycle rows of TensorFlow Serving's contract: whole servers, real SavedModels and clients.

L1, L2 and L11 are in `test_server` and `test_listeners`.
"""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests
from google.protobuf import text_format
from grpc_health.v1 import health_pb2, health_pb2_grpc

from serving.errors import ServingError, SettingsError
from serving.runtime.protos import load_protos
from serving.server import Server
from serving.settings import ServerSettings
from tests.serving import exporter
from tests.serving.conftest import add_version
from tests.serving.grpc_api.conftest import error_of, floats, predict_request
from tests.serving.grpc_api.test_tls import make_identity
from tests.serving.tfrecords import write_tfrecords
from tests.serving.version_folders import wait_until

Start = Callable[..., Server]
PROTOS = load_protos()
TIMEOUT_S = 20


@pytest.fixture
def start() -> Iterator[Start]:
    """Start servers that the fixture stops."""
    servers: list[Server] = []

    def start(**values: Any) -> Server:
        defaults: dict[str, Any] = {"port": 0, "rest_api_port": 0, "model_name": "live"}
        quick = {"file_system_poll_wait_seconds": 0.02, "shutdown_grace_s": 5.0}
        server = Server(ServerSettings(**(defaults | quick | values)))
        servers.append(server)
        assert server.start()
        return server

    yield start
    for server in servers:
        server.stop()


def ask(server: Server, path: str = "live", value: float = 4.0) -> Any:
    """Return the answer of x/2 + 2 (version 1) or + 3 (version 2), or the error's text."""
    url = f"http://{server.rest_address}/v1/models/{path}:predict"
    answer = requests.post(url, json={"instances": [value]}, timeout=TIMEOUT_S).json()
    return answer["predictions"][0] if "predictions" in answer else answer["error"]


def states(server: Server, model: str = "live") -> dict[str, str]:
    answer = requests.get(f"http://{server.rest_address}/v1/models/{model}", timeout=TIMEOUT_S)
    return {e["version"]: e["state"] for e in answer.json()["model_version_status"]}


def config_of(*models: str) -> str:
    return "model_config_list {\n" + "\n".join(models) + "\n}\n"


def model(name: str, base: Path, more: str = "") -> str:
    return f'config {{ name: "{name}" base_path: "{base}" model_platform: "tensorflow" {more} }}'


@pytest.fixture
def base(exported: Path, tmp_path: Path) -> Path:
    """A base path with version 1 (+ 2) and version 2 (+ 3)."""
    folder = tmp_path / "base"
    add_version(exported / "hp" / "1", folder, 1)
    add_version(exported / "hp" / "2", folder, 2)
    return folder


def test_l3_when_the_newest_goes_the_previous_one_is_loaded_first(start: Start, base: Path) -> None:
    server = start(model_base_path=base)
    assert (ask(server), states(server)) == (5.0, {"2": "AVAILABLE"})
    shutil.rmtree(base / "2")
    answers = []
    while states(server) != {"2": "END", "1": "AVAILABLE"}:
        answers.append(ask(server))
    assert set(answers) <= {5.0, 4.0}  # never "Servable not found"
    assert ask(server) == 4.0


def test_l4_policies_and_labels(start: Start, exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for name in ("00017", "30", "42"):
        shutil.copytree(exported / "hp" / "1", folder / name)
    (folder / "notes").mkdir()
    file = tmp_path / "models.config"
    latest = model("latest", folder, "model_version_policy { latest { num_versions: 2 } }")
    labels = 'version_labels { key: "old" value: 17 }'
    specific = model(
        "specific", folder, f"model_version_policy {{ specific {{ versions: 17 }} }} {labels}"
    )
    file.write_text(config_of(latest, specific))
    server = start(model_config_file=file)
    assert states(server, "latest") == {"42": "AVAILABLE", "30": "AVAILABLE"}
    assert states(server, "specific") == {"17": "AVAILABLE"}
    assert ask(server, "specific/labels/old") == 4.0


def test_l5_the_config_file_is_followed(start: Start, base: Path, tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_text(config_of(model("a", base)))
    server = start(model_config_file=file, model_config_file_poll_wait_seconds=1)
    assert ask(server, "a") == 5.0
    file.write_text(config_of(model("b", base)))
    wait_until(lambda: ask(server, "b") == 5.0)
    wait_until(lambda: states(server, "a") == {"2": "END"})
    assert ask(server, "a") == "Servable not found for request: Latest(a)"
    file.write_text("broken {")
    assert ask(server, "b") == 5.0


@pytest.mark.parametrize("text", ["", "# later\n", "model_config_list {}"])
def test_without_models_at_first(start: Start, base: Path, tmp_path: Path, text: str) -> None:
    file = tmp_path / "models.config"
    file.write_text(text)
    server = start(model_config_file=file)
    line = f"Serving no model yet: gRPC {server.grpc_address}, REST http://{server.rest_address}"
    assert server.describe() == line
    request = PROTOS.model_management_pb2.ReloadConfigRequest()
    text_format.Parse(config_of(model("m", base)), request.config)
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = PROTOS.model_service_pb2_grpc.ModelServiceStub(channel)
        answer = stub.HandleReloadConfigRequest(request, timeout=TIMEOUT_S)
    assert answer.status.error_code == 0
    assert ask(server, "m") == 5.0


def test_l6_labels_only_for_versions_that_serve(start: Start, base: Path, tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_text(config_of(model("m", base, 'version_labels { key: "next" value: 9 }')))
    text = "assign label to version 9 of model m, which is not currently available"
    with pytest.raises(ServingError, match=text):
        start(model_config_file=file)
    server = start(model_config_file=file, allow_version_labels_for_unavailable_models=True)
    assert ask(server, "m/labels/next") == "Servable not found for request: Specific(m, 9)"


def reload_request(base: Path, *names: str) -> Any:
    request = PROTOS.model_management_pb2.ReloadConfigRequest()
    for name in names:
        request.config.model_config_list.config.add(
            name=name, base_path=str(base), model_platform="tensorflow"
        )
    return request


def test_a_reload_is_refused_where_it_is_switched_off(start: Start, base: Path) -> None:
    server = start(model_base_path=base, enable_reload_config=False)
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = PROTOS.model_service_pb2_grpc.ModelServiceStub(channel)
        with pytest.raises(grpc.RpcError, match="--enable_reload_config=false"):
            stub.HandleReloadConfigRequest(reload_request(base, "more"), timeout=TIMEOUT_S)
    assert ask(server) == 5.0


def test_l7_a_reload_returns_when_the_new_model_answers(start: Start, base: Path) -> None:
    server = start(model_base_path=base)
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = PROTOS.model_service_pb2_grpc.ModelServiceStub(channel)
        answer = stub.HandleReloadConfigRequest(reload_request(base, "live", "more"), timeout=60)
    assert answer.status.error_code == 0
    assert (ask(server, "more"), ask(server)) == (5.0, 5.0)


def test_l8_a_config_file_that_cannot_be_read(base: Path, tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_text("model_config_list { nothing of the kind }")
    text = r"Error parsing text-format tensorflow\.serving\.ModelServerConfig"
    with pytest.raises(SettingsError, match=text):
        Server(ServerSettings(model_config_file=file))


def warmup_record() -> bytes:
    log = PROTOS.prediction_log_pb2.PredictionLog()
    log.predict_log.request.CopyFrom(predict_request("any", x=floats(1.0)))
    content: bytes = log.SerializeToString()
    return content


def test_l9_warm_up_runs_before_a_version_serves(start: Start, base: Path) -> None:
    folder = base / "2" / "assets.extra"
    write_tfrecords(folder / "tf_serving_warmup_requests", [warmup_record()])
    server = start(model_base_path=base)
    assert ask(server) == 5.0
    page = server.metrics.render().decode()
    assert ':tensorflow:serving:model_warmup_records_read{model_path="live/2"} 1' in page


@pytest.mark.parametrize(
    ("records", "code"), [([warmup_record()] * 1001, "INVALID_ARGUMENT"), (None, "DATA_LOSS")]
)
def test_l9_warm_up_that_fails_is_a_failed_load(
    start: Start, base: Path, records: list[bytes] | None, code: str
) -> None:
    file = base / "2" / "assets.extra" / "tf_serving_warmup_requests"
    if records is None:
        file.parent.mkdir()
        file.write_bytes(b"no records")
    else:
        write_tfrecords(file, records)
    with pytest.raises(ServingError, match=f"did not become available.*{code}"):
        start(model_base_path=base)
    assert ask(start(model_base_path=base, enable_model_warmup=False)) == 5.0


def batching_file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "batching.config"
    file.write_text(text)
    return file


def test_l10_requests_that_wait_run_together(start: Start, base: Path, tmp_path: Path) -> None:
    text = "max_batch_size { value: 4 } batch_timeout_micros { value: 10000000 }"
    file = batching_file(tmp_path, text)
    server = start(model_base_path=base, enable_batching=True, batching_parameters_file=file)
    with ThreadPoolExecutor(4) as pool:  # nothing runs before all four are there
        answers = list(pool.map(lambda value: ask(server, value=value), [2.0, 4.0, 6.0, 8.0]))
    assert answers == [4.0, 5.0, 6.0, 7.0]
    page = server.metrics.render().decode()
    assert ":tensorflow:serving:batching_session:wrapped_run_count{} 1" in page


def test_l10_a_task_that_is_too_large(start: Start, base: Path, tmp_path: Path) -> None:
    file = batching_file(tmp_path, "max_batch_size { value: 2 }")
    server = start(model_base_path=base, enable_batching=True, batching_parameters_file=file)
    url = f"http://{server.rest_address}/v1/models/live:predict"
    answer = requests.post(url, json={"instances": [1.0, 2.0, 3.0]}, timeout=TIMEOUT_S)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Task size 3 is larger than maximum input batch size 2"


def test_l10_a_full_queue(start: Start, tmp_path: Path) -> None:
    """One request runs, endlessly, and one may wait: of four that come at once, two are refused."""
    exporter.export_loop(tmp_path / "loop" / "1")
    text = "max_enqueued_batches { value: 1 } num_batch_threads { value: 1 }"
    file = batching_file(tmp_path, f"max_batch_size {{ value: 1 }} {text}")
    server = start(
        model_base_path=tmp_path / "loop",
        enable_batching=True,
        batching_parameters_file=file,
        rest_api_timeout_in_ms=2000,
    )
    url = f"http://{server.rest_address}/v1/models/live:predict"

    def ask_endlessly(_: int) -> tuple[int, str]:
        answer = requests.post(url, json={"instances": [10**12]}, timeout=TIMEOUT_S)
        return answer.status_code, answer.json()["error"]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask_endlessly, range(4)))
    refused = [error for code, error in answers if code == 503]
    full = "The batch scheduling queue to which this task was submitted is full"
    assert len(refused) >= 2
    assert all(full in error for error in refused)


def test_l10_parameters_without_batching(base: Path, tmp_path: Path) -> None:
    file = batching_file(tmp_path, "max_batch_size { value: 2 }")
    with pytest.raises(SettingsError, match="--batching_parameters_file is set but --enable_batch"):
        Server(ServerSettings(model_base_path=base, batching_parameters_file=file))


def test_g15_a_unix_socket(start: Start, base: Path, tmp_path: Path) -> None:
    socket_path = tmp_path / "grpc.sock"
    start(model_base_path=base, grpc_socket_path=str(socket_path))
    with grpc.insecure_channel(f"unix:{socket_path}") as channel:
        stub = PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(channel)
        answer = stub.Predict(predict_request("live", x=floats(4.0)), timeout=TIMEOUT_S)
        assert list(answer.outputs["y"].float_val) == [5.0]
        missing = predict_request("intentionally_missing_model", x=floats(4.0))
        assert "Servable" in error_of(lambda: stub.Predict(missing, timeout=TIMEOUT_S))[1]


def test_tls_and_health(start: Start, base: Path, tmp_path: Path) -> None:
    authority = make_identity("authority")
    identity = make_identity("server", authority)
    config = PROTOS.config_messages.SSLConfig(
        server_key=identity.key_pem.decode(), server_cert=identity.certificate_pem.decode()
    )
    file = tmp_path / "ssl.config"
    file.write_text(text_format.MessageToString(config))
    server = start(model_base_path=base, ssl_config_file=file, enable_grpc_healthcheck_service=True)
    credentials = grpc.ssl_channel_credentials(authority.certificate_pem)
    with grpc.secure_channel(server.grpc_address, credentials) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        answer = health.Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    with grpc.insecure_channel(server.grpc_address) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        request = health_pb2.HealthCheckRequest()
        assert error_of(lambda: check(request, timeout=TIMEOUT_S))[0] == "UNAVAILABLE"
