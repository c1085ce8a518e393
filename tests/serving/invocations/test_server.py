"""The SageMaker port of a whole server: traffic, capture and feedback apply as on the REST port."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from serving.server import Server
from serving.settings import ServerSettings
from tests.serving.routing.plan_files import ab, put

TIMEOUT_S = 30
PATH = "/endpoints/hp/invocations"


@pytest.fixture
def server(exported: Path, tmp_path: Path) -> Iterator[Server]:
    capture = tmp_path / "capture.json"
    folder = str(tmp_path / "captured")
    capture.write_text(json.dumps({"folder": folder, "sampling_percent": {"*": 100}}))
    running = Server(
        ServerSettings(
            exported / "hp",
            "hp",
            port=0,
            rest_api_port=0,
            sagemaker_port=0,
            capture_config_file=capture,
            feedback_max_answers=10,
            traffic_config_file=put(tmp_path / "plans.json", ab("hp", {1: 50, 2: 50})),
        )
    )
    assert running.start()
    yield running
    running.stop()


def ask(server: Server, **headers: str) -> requests.Response:
    named = {f"X-Amzn-SageMaker-{name.replace('_', '-')}": value for name, value in headers.items()}
    answer = requests.post(
        f"http://{server.sagemaker_address}{PATH}",
        json={"instances": [4.0]},
        headers=named,
        timeout=TIMEOUT_S,
    )
    answer.raise_for_status()
    return answer


def variant(answer: requests.Response) -> str:
    return answer.headers["x-amzn-invoked-production-variant"]


def test_sessions_keep_their_version_on_both_ports(server: Server) -> None:
    url = f"http://{server.rest_address}/v1/models/hp:predict"
    seen = set()
    for session in map(str, range(8)):
        mine = variant(ask(server, Session_Id=session))
        headers = {"X-Session-Id": session}
        rest = requests.post(url, json={"instances": [4.0]}, headers=headers, timeout=TIMEOUT_S)
        assert rest.headers["x-model-version"] == mine
        seen.add(mine)
    assert seen == {"1", "2"}


def test_a_variant_that_is_asked_for_comes_before_the_plan(server: Server) -> None:
    assert {variant(ask(server, Target_Variant="1", Session_Id=str(one))) for one in range(8)} == {
        "1"
    }


def test_answers_are_captured_and_get_feedback(server: Server, tmp_path: Path) -> None:
    answer = ask(server, Inference_Id="mine")
    assert answer.headers["x-inference-id"] == "mine"
    url = f"http://{server.rest_address}/v1/models/hp:feedback"
    given = requests.post(url, json={"inference_id": "mine", "reward": 1}, timeout=TIMEOUT_S)
    assert given.json()["model_version"] == int(variant(answer))
    server.stop()
    (line,) = "".join(file.read_text() for file in tmp_path.rglob("*.jsonl")).splitlines()
    assert json.loads(line)["eventMetadata"]["inferenceId"] == "mine"


def test_the_server_says_where_it_listens(server: Server) -> None:
    line = server.describe()
    assert f", SageMaker http://{server.sagemaker_address}/endpoints/hp" in line


def test_the_port_closes_with_the_others(server: Server) -> None:
    assert ask(server).status_code == 200
    server.stop()
    with pytest.raises(requests.ConnectionError):
        ask(server)


def test_without_the_flag_nothing_listens(exported: Path) -> None:
    running = Server(ServerSettings(exported / "hp", "hp", port=0, rest_api_port=None))
    assert running.start()
    try:
        assert running.sagemaker_address is None
        assert "SageMaker" not in running.describe()
    finally:
        running.stop()
