"""Requests of both transports, written down by a whole server."""

import gzip
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests

from serving.runtime.protos import load_protos
from serving.servables.warmup import WARMUP_FILE
from serving.server import Server
from serving.settings import ServerSettings
from tests.serving.conftest import add_version
from tests.serving.version_folders import wait_until

TIMEOUT_S = 30
IDS = {"X-Request-Id": "r1", "X-Inference-Id": "i1"}
EXAMPLE = {"x": 4.0}

COUNTER = ":bert_aas:serving:captured_requests"
METHODS = {"cls": "classify", "reg": "regress"}

Event = dict[str, Any]


def configure(folder: Path, **changes: Any) -> Path:
    file = folder / "capture.json"
    document = {"folder": str(folder / "captured"), "sampling_percent": {"*": 100}} | changes
    file.write_text(json.dumps(document))
    return file


@contextmanager
def serving(exported: Path, folder: Path, name: str = "hp", **flags: Any) -> Iterator[Server]:
    settings = ServerSettings(exported / name, name, port=0, rest_api_port=0, **flags)
    server = Server(settings)
    assert server.start()
    try:
        yield server
    finally:
        server.stop()


def post(server: Server, call: str, body: Any, **headers: str) -> requests.Response:
    url = f"http://{server.rest_address}/v1/models/{call}"
    data = body if isinstance(body, bytes) else json.dumps(body)
    response = requests.post(url, data, headers=headers, timeout=TIMEOUT_S)
    response.raise_for_status()
    return response


def events(folder: Path) -> list[Event]:
    files = sorted((folder / "captured").rglob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def asked(event: Event) -> Any:
    return json.loads(event["captureData"]["endpointInput"]["data"])


def answered(event: Event) -> Any:
    return json.loads(event["captureData"]["endpointOutput"]["data"])


def test_rest(exported: Path, tmp_path: Path) -> None:
    predict = {"instances": [[4.0]]}
    classify = {"signature_name": "cls", "examples": [EXAMPLE]}
    regress = {"signature_name": "reg", "examples": [EXAMPLE]}
    with serving(exported, tmp_path, capture_config_file=configure(tmp_path)) as server:
        post(server, "hp:predict", predict, **IDS)
        packed = gzip.compress(json.dumps(predict).encode())
        post(server, "hp:predict", packed, **{"Content-Encoding": "gzip"})
        post(server, "hp:classify", classify)
        post(server, "hp:regress", regress)
        requests.post(f"http://{server.rest_address}/v1/models/hp:predict", "{", timeout=TIMEOUT_S)
    first, *_ = found = events(tmp_path)
    body = {"signature_name": "serving_default", "inputs": {"x": [[4.0]]}}
    assert [asked(event) for event in found] == [body, body, classify, regress]
    results = [{"outputs": {"y": [[5.0]]}}] * 2 + [{"results": [[["", 5.0]]]}, {"results": [5.0]}]
    assert [answered(event) for event in found] == results
    metadata = first["eventMetadata"]
    assert (metadata["requestId"], metadata["inferenceId"]) == ("r1", "i1")
    assert (metadata["modelName"], metadata["modelVersion"]) == ("hp", "2")
    methods = [event["eventMetadata"]["method"] for event in found]
    assert methods == ["predict", "predict", "classify", "regress"]


def test_grpc(exported: Path, tmp_path: Path) -> None:
    """MultiInference asks for a classification and a regression: two lines."""
    with (
        serving(exported, tmp_path, capture_config_file=configure(tmp_path)) as server,
        grpc.insecure_channel(server.grpc_address) as channel,
    ):
        ask_grpc(channel)
    found = events(tmp_path)
    examples = {"examples": [EXAMPLE]}
    cls, reg = ({"signature_name": name} | examples for name in ("cls", "reg"))
    body = {"signature_name": "serving_default", "inputs": {"x": [[4.0]]}}
    assert [asked(event) for event in found] == [body, cls, reg, cls, reg]
    scores, values = {"results": [[["", 5.0]]]}, {"results": [5.0]}
    assert [answered(event) for event in found] == [
        {"outputs": {"y": [[5.0]]}},
        *[scores, values] * 2,
    ]
    assert {event["eventMetadata"]["requestId"] for event in found} == {"r1"}
    assert {event["eventMetadata"]["entrypoint"] for event in found} == {"GRPC"}


def ask_grpc(channel: Any) -> None:
    protos = load_protos()
    stub = protos.prediction_service_pb2_grpc.PredictionServiceStub(channel)
    predict = protos.predict_pb2.PredictRequest()
    fill(predict.model_spec, "")
    predict.inputs["x"].dtype = 1
    for length in (1, 1):
        predict.inputs["x"].tensor_shape.dim.add().size = length
    predict.inputs["x"].float_val.append(4.0)
    classify = protos.classification_pb2.ClassificationRequest()
    regress = protos.regression_pb2.RegressionRequest()
    both = protos.inference_pb2.MultiInferenceRequest()
    for request, name in ((classify, "cls"), (regress, "reg")):
        fill(request.model_spec, name)
        task = both.tasks.add(method_name=f"tensorflow/serving/{METHODS[name]}")
        fill(task.model_spec, name)
        add_example(request)
    add_example(both)
    metadata = [(name.lower(), value) for name, value in IDS.items()]
    for call, request in (
        (stub.Predict, predict),
        (stub.Classify, classify),
        (stub.Regress, regress),
        (stub.MultiInference, both),
    ):
        call(request, timeout=TIMEOUT_S, metadata=metadata)


def fill(spec: Any, signature: str) -> None:
    spec.name, spec.signature_name = "hp", signature


def add_example(request: Any) -> None:
    features = request.input.example_list.examples.add().features.feature
    features["x"].float_list.value.append(EXAMPLE["x"])


def test_the_metrics_count_them(exported: Path, tmp_path: Path) -> None:
    monitoring = tmp_path / "monitoring"
    monitoring.write_text("prometheus_config { enable: true }")
    flags: dict[str, Any] = {
        "capture_config_file": configure(tmp_path),
        "monitoring_config_file": monitoring,
    }
    with serving(exported, tmp_path, **flags) as server:
        post(server, "hp:predict", {"instances": [[4.0]]})
        wait_until(lambda: server.metrics.read_counter(COUNTER) == 1)
        address = f"http://{server.rest_address}/monitoring/prometheus/metrics"
        page = requests.get(address, timeout=TIMEOUT_S).text
    assert f'{COUNTER}{{model_name="hp",log="capture",outcome="written"}} 1' in page


def test_answers_go_on_where_nothing_can_be_written(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "captured").write_text("in the way")
    with serving(exported, tmp_path, capture_config_file=configure(tmp_path)) as server:
        for _ in range(3):
            assert post(server, "hp:predict", {"instances": [[4.0]]}).json()["predictions"]
        wait_until(lambda: server.metrics.read_counter(COUNTER) == 3)
        assert b'outcome="failed"} 3' in server.metrics.render()


def test_logged_requests_warm_up_another_version(
    exported: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The PredictionLogs of REST and gRPC are a warm-up file as they are."""
    base = tmp_path / "models"
    add_version(exported / "hp" / "1", base, 1)
    logging = f"""logging_config {{
        log_collector_config {{ filename_prefix: "{tmp_path / "logs" / "served"}" }}
        sampling_config {{ sampling_rate: 1 }} }}"""
    config = tmp_path / "models.config"
    config.write_text(
        f'model_config_list {{ config {{ name: "hp" base_path: "{base}" '
        f'model_platform: "tensorflow" {logging} }} }}'
    )
    with (
        serving(exported, tmp_path, model_config_file=config) as server,
        grpc.insecure_channel(server.grpc_address) as channel,
    ):
        post(server, "hp:predict", {"instances": [[4.0]]})
        ask_grpc(channel)
    [file] = (tmp_path / "logs").iterdir()
    warm = tmp_path / "warm" / "1"
    add_version(exported / "hp" / "2", warm.parent, 1)
    (warm / WARMUP_FILE).parent.mkdir()
    file.rename(warm / WARMUP_FILE)
    with (
        caplog.at_level("INFO", "serving"),
        serving(tmp_path, tmp_path, "warm", file_system_poll_wait_seconds=0.02),
    ):
        assert "Model warm version 1: 6 warm-up records." in caplog.messages


@pytest.mark.e2e
def test_a_kill_leaves_at_most_one_cut_line(
    exported: Path, tmp_path: Path, unused_port: int
) -> None:
    flags = {
        "model_base_path": exported / "old",
        "model_name": "hp",
        "port": 0,
        "rest_api_port": unused_port,
        "capture_config_file": configure(tmp_path),
    }
    arguments = [f"--{name}={value}" for name, value in flags.items()]
    url = f"http://127.0.0.1:{unused_port}/v1/models/hp:predict"
    with subprocess.Popen(
        [sys.executable, "-m", "serving", *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while len(list((tmp_path / "captured").rglob("*.jsonl"))) == 0:
            for number in range(20):
                requests.post(url, json={"instances": [[float(number)]]}, timeout=TIMEOUT_S)
        process.send_signal(signal.SIGKILL)
    [file] = (tmp_path / "captured").rglob("*.jsonl")
    *whole, last = file.read_text().split("\n")
    assert [json.loads(line)["eventVersion"] for line in whole] == ["0"] * len(whole)
    assert len(whole) > 0
    assert last == "" or not last.endswith("}")


def test_a_line_has_the_id_that_feedback_names(exported: Path, tmp_path: Path) -> None:
    flags: dict[str, Any] = {"capture_config_file": configure(tmp_path), "feedback_max_answers": 10}
    body = {"instances": [[4.0]]}
    with serving(exported, tmp_path, **flags) as server:
        given = post(server, "hp:predict", body, **{"X-Request-Id": "r7"})
        ours = post(server, "hp:predict", body)
    ids = [answer.headers["X-Inference-Id"] for answer in (given, ours)]
    assert [event["eventMetadata"]["inferenceId"] for event in events(tmp_path)] == ids
    assert ids[0] == "r7"
