"""Plans of traffic under a whole server: REST, gRPC, versions that come, go and fail."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import requests

from bert_aas.traffic.alarms import Alarm
from bert_aas.traffic.plans.documents import write_plan
from bert_aas.traffic.plans.files import read_plan_file
from serving.runtime.protos import load_protos
from serving.server import Server
from serving.settings import ServerSettings
from tests.serving.conftest import add_version
from tests.serving.routing.plan_files import ab, put
from tests.serving.version_folders import wait_until

ANSWERS = {4.0: 1, 5.0: 2}  # of x = 4: x/2 + 2 by version 1, x/2 + 3 by version 2


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "traffic.json"


@pytest.fixture
def server(live: Path, file: Path) -> Iterator[Server]:
    running = Server(
        ServerSettings(
            live,
            model_name="live",
            port=0,
            rest_api_port=0,
            file_system_poll_wait_seconds=0.02,
            traffic_config_file=file,
            traffic_config_file_poll_wait_seconds=0.02,
            shutdown_grace_s=5.0,
        )
    )
    assert running.start()
    yield running
    running.stop()


@pytest.fixture
def channel(server: Server) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.grpc_address) as opened:
        yield opened


def states(server: Server) -> dict[int, str]:
    (model,) = server.plane.models()
    return {status.version: status.state.name for status in model.statuses}


def ask(server: Server, session: str | None = None, version: str = "") -> requests.Response:
    url = f"http://{server.rest_address}/v1/models/live{version}:predict"
    headers = {} if session is None else {"X-Session-Id": session}
    return requests.post(url, json={"instances": [4.0]}, headers=headers, timeout=20)


def ask_examples(server: Server, session: str, verb: str, signature: str) -> int:
    url = f"http://{server.rest_address}/v1/models/live:{verb}"
    body = {"examples": [{"x": 4.0}], "signature_name": signature}
    answer = requests.post(url, json=body, headers={"X-Session-Id": session}, timeout=20)
    answer.raise_for_status()
    return int(answer.headers["x-model-version"])


def version_of(answer: requests.Response) -> int:
    """Return who answered, after a look that the header and the numbers agree."""
    answer.raise_for_status()
    version = ANSWERS[answer.json()["predictions"][0]]
    assert answer.headers["x-model-version"] == str(version)
    return version


def ask_grpc(channel: grpc.Channel, session: str) -> int:
    protos = load_protos()
    request = protos.predict_pb2.PredictRequest()
    request.model_spec.name = "live"
    request.inputs["x"].dtype = protos.types_pb2.DT_FLOAT
    request.inputs["x"].tensor_shape.dim.add(size=1)
    request.inputs["x"].float_val.append(4.0)
    method: Any = channel.unary_unary(
        "/tensorflow.serving.PredictionService/Predict",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=protos.predict_pb2.PredictResponse.FromString,
    )
    answer, call = method.with_call(request, timeout=20, metadata=(("x-session-id", session),))
    version: int = answer.model_spec.version.value
    assert ("x-model-version", str(version)) in tuple(call.trailing_metadata())
    return version


def test_both_versions_answer_as_the_plan_says(
    server: Server, channel: grpc.Channel, live: Path, exported: Path, file: Path
) -> None:
    put(file, ab("live", {1: 70, 2: 30}))
    add_version(exported / "hp" / "2", live, 2)
    wait_until(lambda: states(server).get(2) == "AVAILABLE")
    assert states(server)[1] == "AVAILABLE"  # although the policy wants the latest only

    sessions = [f"s{number}" for number in range(200)]
    rest = [version_of(ask(server, session)) for session in sessions]
    assert 30 <= Counter(rest)[2] <= 90
    assert [ask_grpc(channel, session) for session in sessions] == rest
    assert len({version_of(ask(server)) for _ in range(5)}) == 1  # the same body, the same version

    for verb, signature in (("classify", "cls"), ("regress", "reg")):
        by = [ask_examples(server, session, verb, signature) for session in sessions[:20]]
        assert by == rest[:20]


def test_a_plan_that_was_written_before_a_version_came_holds_for_its_first_request(
    server: Server, live: Path, exported: Path, file: Path
) -> None:
    put(file, ab("live", {1: 100, 2: 0}))
    add_version(exported / "hp" / "2", live, 2)
    seen = []
    while states(server).get(2) != "AVAILABLE":
        seen.append(version_of(ask(server)))
    assert {*seen, version_of(ask(server))} == {1}
    assert version_of(ask(server, version="/versions/2")) == 2  # who names one gets that


def test_a_challenger_that_does_not_serve_fails_no_request(
    server: Server, live: Path, exported: Path, file: Path
) -> None:
    put(file, ab("live", {1: 0, 2: 100}))
    wait_until(lambda: version_of(ask(server, "a")) == 1)
    (live / "2").mkdir()  # empty: it cannot be loaded
    wait_until(lambda: states(server).get(2) == "END")
    assert version_of(ask(server, "a")) == 1
    wait_until(lambda: "ending" in traffic(server).json()["plan"])
    ending = read_plan_file(file)["live"].ending
    assert ending is not None
    assert (ending.outcome, ending.version) == ("rolled-back", 1)
    assert ending.reason.startswith("version 2 cannot be loaded: ")


def test_a_challenger_whose_requests_fail_is_rolled_back(
    server: Server, live: Path, exported: Path, file: Path
) -> None:
    alarm = Alarm("error_rate", above=0.5, window_s=60.0, min_samples=10)
    put(file, ab("live", {1: 50, 2: 50}, alarms=(alarm,)))
    add_version(exported / "two" / "00000123", live, 2)  # it has other inputs
    wait_until(lambda: states(server).get(2) == "AVAILABLE")
    sessions = [f"s{number}" for number in range(60)]
    failed = [session for session in sessions if ask(server, session).status_code == 400]
    assert 10 <= len(failed) <= 50
    wait_until(lambda: "ending" in traffic(server).json()["plan"])
    assert {version_of(ask(server, session)) for session in sessions} == {1}
    ending = read_plan_file(file)["live"].ending
    assert ending is not None
    assert ending.reason.startswith("error_rate of version 2 is 1, above 0.5, in the last 60 s")


def test_without_a_plan_the_latest_version_answers(
    server: Server, live: Path, exported: Path, file: Path
) -> None:
    put(file, ab("live", {1: 100, 2: 0}))
    add_version(exported / "hp" / "2", live, 2)
    wait_until(lambda: states(server).get(2) == "AVAILABLE")
    put(file)
    wait_until(lambda: states(server)[1] == "END")  # nobody keeps it any more
    assert version_of(ask(server)) == 2


def test_garbage_leaves_the_plan_in_force(
    server: Server, live: Path, exported: Path, file: Path
) -> None:
    put(file, ab("live", {1: 100, 2: 0}))
    add_version(exported / "hp" / "2", live, 2)
    wait_until(lambda: states(server).get(2) == "AVAILABLE")
    file.write_text("garbage")
    for _ in range(5):
        assert version_of(ask(server)) == 1
    assert ask(server).status_code == 200


def traffic(server: Server, model: str = "live") -> requests.Response:
    return requests.get(f"http://{server.rest_address}/v1/models/{model}/traffic", timeout=20)


def test_the_server_says_what_its_plan_does(server: Server, live: Path, file: Path) -> None:
    assert traffic(server).json() == {"plan": None}
    assert traffic(server, "other").status_code == 404
    plan = ab("live", {1: 75, 2: 25})
    put(file, plan)
    wait_until(lambda: traffic(server).json()["plan"] is not None)
    found = traffic(server).json()
    assert found["plan"] == write_plan(plan)
    assert found["arms"] == [
        {"name": "1", "share": 75.0, "version": 1, "recent": None},
        {"name": "2", "share": 25.0, "version": None, "recent": None},
    ]
    for number in range(3):
        version_of(ask(server, str(number)))
    bad = {"instances": [4.0], "signature_name": "unknown"}
    url = f"http://{server.rest_address}/v1/models/live:predict"
    assert requests.post(url, json=bad, timeout=20).status_code == 400
    recent = traffic(server).json()["arms"][0]["recent"]
    assert (recent["requests"], recent["errors"]) == (4, 1)
    assert recent["p99_ms"] > 0
    page = server.metrics.render().decode()
    assert ':bert_aas:serving:traffic_requests{model_name="live",version="1"} 4' in page
    assert ':bert_aas:serving:traffic_share_percent{model_name="live",version="2"} 25' in page
    assert "traffic_mean_confidence{" not in page  # the model answers no probabilities
    assert (found["model"], found["step"], found["next_change"]) == ("live", None, None)
