"""Feedback on answers of both transports, to a whole server."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests

from serving.runtime.protos import load_protos
from serving.server import Server
from serving.settings import ServerSettings
from tests.serving.conftest import add_version
from tests.serving.routing.plan_files import ab, put

TIMEOUT_S = 30
OURS = "x-inference-id"


def running(exported: Path, folder: Path, **flags: Any) -> Server:
    folder.mkdir(exist_ok=True)
    base = folder / "txt"
    for version in (1, 2):
        add_version(exported / "txt" / "1", base, version)
    server = Server(ServerSettings(base, "txt", port=0, rest_api_port=0, **flags))
    assert server.start()
    return server


@pytest.fixture(scope="module")
def server(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("feedback")
    plan = put(folder / "traffic.json", ab("txt", {1: 50, 2: 50}))
    started = running(
        exported,
        folder,
        traffic_config_file=plan,
        feedback_max_answers=500,
        capture_config_file=_capture(folder),
    )
    yield started
    started.stop()


def _capture(folder: Path) -> Path:
    file = folder / "capture.json"
    file.write_text(
        json.dumps({"folder": str(folder / "captured"), "sampling_percent": {"*": 100}})
    )
    return file


def url(server: Server, call: str) -> str:
    return f"http://{server.rest_address}/v1/models/{call}"


def classify(server: Server, *names: str, model: str = "txt", **headers: str) -> Any:
    """The model's label for each row is the name in it."""
    body = {"signature_name": "pick", "examples": [{"name": name} for name in names]}
    answer = requests.post(
        url(server, f"{model}:classify"), json=body, headers=headers, timeout=TIMEOUT_S
    )
    answer.raise_for_status()
    return answer


def give(server: Server, model: str = "txt", **feedback: Any) -> requests.Response:
    return requests.post(url(server, f"{model}:feedback"), json=feedback, timeout=TIMEOUT_S)


def report(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(url(server, "txt/traffic"), timeout=TIMEOUT_S).json()
    return found


def totals(server: Server, what: str) -> tuple[float, int]:
    versions = report(server)["feedback"]["versions"]
    return sum(one[what]["total"] for one in versions), sum(one[what]["number"] for one in versions)


def test_a_label_by_the_id_of_the_answers_header(server: Server) -> None:
    before = totals(server, "chosen")
    answer = classify(server, "good")

    taken = give(server, inference_id=answer.headers[OURS], label="good")

    assert taken.status_code == 200
    version = int(answer.headers["x-model-version"])
    assert taken.json() == {"model_version": version, "reward": 1.0}
    assert taken.headers["x-model-version"] == str(version)
    assert totals(server, "chosen") == (before[0] + 1, before[1] + 1)


def test_a_label_for_each_row_by_the_clients_own_id(server: Server) -> None:
    answer = classify(server, "good", "bad", **{"X-Inference-Id": "mine"})

    assert answer.headers[OURS] == "mine"
    assert give(server, inference_id="mine", label=["good", "good"]).json()["reward"] == 0.5


def test_predict_has_no_labels_here_but_may_get_a_reward(server: Server) -> None:
    answer = requests.post(
        url(server, "txt:predict"),
        json={"instances": ["a"]},
        headers={"X-Request-Id": "r1"},
        timeout=TIMEOUT_S,
    )
    assert answer.headers[OURS] == "r1"

    refused = give(server, request_id="r1", label="good")

    assert refused.status_code == 400
    assert refused.json()["error"].endswith("are not known: give a reward instead.")
    assert give(server, request_id="r1", reward=0.25).json()["reward"] == 0.25


def test_grpc_answers_have_ids_too(server: Server) -> None:
    protos = load_protos()
    request = protos.classification_pb2.ClassificationRequest()
    request.model_spec.name, request.model_spec.signature_name = "txt", "pick"
    example = request.input.example_list.examples.add()
    example.features.feature["name"].bytes_list.value.append(b"good")
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = protos.prediction_service_pb2_grpc.PredictionServiceStub(channel)
        _, call = stub.Classify.with_call(request, timeout=TIMEOUT_S)
        _, own = stub.Classify.with_call(
            request, timeout=TIMEOUT_S, metadata=(("x-inference-id", "g1"),)
        )
    trailing = dict(call.trailing_metadata())

    assert dict(own.trailing_metadata())[OURS] == "g1"
    assert give(server, inference_id="g1", label="bad").json()["reward"] == 0.0
    taken = give(server, inference_id=trailing[OURS], label="good")
    assert taken.json() == {"model_version": int(trailing["x-model-version"]), "reward": 1.0}


def test_a_version_that_the_client_named_counts_for_itself_alone(server: Server) -> None:
    chosen, rewards = totals(server, "chosen"), totals(server, "rewards")
    answer = classify(server, "good", model="txt/versions/1")

    give(server, inference_id=answer.headers[OURS], label="good")

    assert totals(server, "chosen") == chosen
    assert totals(server, "rewards") == (rewards[0] + 1, rewards[1] + 1)


def test_the_keys_of_each_arm_are_counted_once(server: Server) -> None:
    before = sum(report(server)["keys"].values())
    for session in ("s1", "s2", "s1", "s3"):
        classify(server, "good", **{"X-Session-Id": session})

    assert sum(report(server)["keys"].values()) == before + 3


def test_the_rewards_of_the_plan_are_counted_for_alarms_and_metrics(server: Server) -> None:
    def rewarded() -> int:
        arms = [arm["recent"] for arm in report(server)["arms"]]
        return sum(arm["rewarded"] for arm in arms if arm is not None)

    before = rewarded()
    give(server, inference_id=classify(server, "good").headers[OURS], label="good")
    named = classify(server, "good", model="txt/versions/1").headers[OURS]
    give(server, inference_id=named, label="good")

    assert rewarded() == before + 1
    assert ":bert_aas:serving:traffic_rewards{" in server.metrics.render().decode()


def test_double_and_unknown_ids(server: Server) -> None:
    name = classify(server, "good").headers[OURS]
    give(server, inference_id=name, label="good")

    double = give(server, inference_id=name, label="good")
    unknown = give(server, inference_id="nobody's", label="good")

    assert double.status_code == 409
    assert "the first one counts" in double.json()["error"]
    assert unknown.status_code == 404
    assert "the server knows the last 500, for 86400 s" in unknown.json()["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'{"inference_id": "a"}', 400),
        (b'{"inference_id": "a", "reward": NaN}', 400),
        (b'{"inference_id": "a", "reward": 1e999}', 400),
        (b'{"inference_id": {"b64": "YQ=="}, "reward": 1}', 400),
        (b'{"inference_id": "\xff", "reward": 1}', 404),
        (b"[" * 100_000, 400),
    ],
)
def test_garbage_gets_a_sentence_and_the_server_lives(
    server: Server, body: bytes, status: int
) -> None:
    answer = requests.post(url(server, "txt:feedback"), body, timeout=TIMEOUT_S)

    assert answer.status_code == status
    assert answer.json()["error"]
    assert classify(server, "good").status_code == 200


@pytest.mark.parametrize(
    ("call", "status"),
    [("nope:feedback", 404), ("txt/versions/1:feedback", 400), ("txt/labels/a:feedback", 400)],
)
def test_only_a_model_takes_feedback(server: Server, call: str, status: int) -> None:
    answer = requests.post(
        url(server, call), json={"inference_id": "a", "reward": 1}, timeout=TIMEOUT_S
    )

    assert answer.status_code == status


def test_a_server_without_the_flag_takes_none_and_names_none(
    exported: Path, tmp_path: Path
) -> None:
    started = running(exported, tmp_path)
    try:
        answer = classify(started, "good")
        refused = give(started, inference_id="a", reward=1)
        assert OURS not in answer.headers
        assert "feedback" not in report(started)
    finally:
        started.stop()

    assert refused.status_code == 400
    assert refused.json()["error"].endswith("start it with --feedback_max_answers")


def test_captured_requests_have_the_id(exported: Path, tmp_path: Path) -> None:
    started = running(
        exported, tmp_path, feedback_max_answers=5, capture_config_file=_capture(tmp_path)
    )
    try:
        name = classify(started, "good").headers[OURS]
    finally:
        started.stop()

    (file,) = (tmp_path / "captured").rglob("*.jsonl")
    (event,) = map(json.loads, file.read_text().splitlines())
    assert event["eventMetadata"]["inferenceId"] == name


def test_counts_go_on_after_a_restart(exported: Path, tmp_path: Path) -> None:
    state = tmp_path / "state" / "feedback.json"
    numbers = []
    for life in ("first", "second"):
        started = running(
            exported, tmp_path / life, feedback_max_answers=5, feedback_state_file=state
        )
        try:
            give(started, inference_id=classify(started, "good").headers[OURS], label="good")
            numbers.append(totals(started, "accuracy"))
        finally:
            started.stop()

    assert numbers == [(1.0, 1), (2.0, 2)]
