"""A bandit from end to end: a server counts feedback, a command learns, the server follows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bert_aas.traffic.plans.files import read_plan_file
from pipeline.cli import main
from serving.server import Server
from tests.serving.two_versions import server_of_two
from tests.serving.version_folders import wait_until

TIMEOUT_S = 30
ASKED = 80


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "traffic.json"


@pytest.fixture
def server(exported: Path, tmp_path: Path) -> Iterator[Server]:
    with server_of_two(exported, tmp_path) as running:
        yield running


def traffic(file: Path, *arguments: str) -> int:
    return main(["traffic", *arguments, "--plan", str(file)])


def status(server: Server) -> dict[str, Any]:
    url = f"http://{server.rest_address}/v1/models/hp/traffic"
    answer: dict[str, Any] = requests.get(url, timeout=TIMEOUT_S).json()
    return answer


def ask(server: Server, session: str) -> tuple[int, str]:
    url = f"http://{server.rest_address}/v1/models/hp:predict"
    answer = requests.post(
        url, json={"instances": [[4.0]]}, headers={"X-Session-Id": session}, timeout=TIMEOUT_S
    )
    answer.raise_for_status()
    return int(answer.headers["x-model-version"]), answer.headers["x-inference-id"]


def test_the_better_version_gets_the_requests(
    server: Server, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Version 2 is always right, version 1 never."""
    address = f"http://{server.rest_address}"
    start = ("--strategy", "bandit", "--champion", "1", "--candidate", "2")
    assert traffic(file, "start", "hp", *start) == 0
    wait_until(lambda: status(server)["plan"] is not None)
    wait_until(lambda: {ask(server, str(one))[0] for one in range(8)} == {1, 2})
    for number in range(ASKED):
        version, name = ask(server, f"session {number}")
        feedback = {"inference_id": name, "reward": float(version == 2)}
        url = f"{address}/v1/models/hp:feedback"
        requests.post(url, json=feedback, timeout=TIMEOUT_S).raise_for_status()

    assert traffic(file, "report", "hp", "--server", address) == 0
    assert "Version 2 is better than 1 by " in capsys.readouterr().out
    assert traffic(file, "learn", "hp", "--server", address) == 0

    assert [arm.share for arm in read_plan_file(file)["hp"].arms] == [1.0, 99.0]
    wait_until(lambda: [arm["share"] for arm in status(server)["arms"]] == [1.0, 99.0])
    chosen = [ask(server, f"another {number}")[0] for number in range(50)]
    assert chosen.count(2) > 40
    assert traffic(file, "learn", "hp", "--server", address) == 0
    assert [arm.share for arm in read_plan_file(file)["hp"].arms] == [1.0, 99.0]
