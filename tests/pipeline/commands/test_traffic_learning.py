"""`bert-aas traffic report` and `learn`, with the feedback of servers."""

import dataclasses
import http.server
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bert_aas.traffic.plans.files import changed_plans, read_plan_file
from bert_aas.traffic.plans.plan import Plan
from pipeline.cli import main
from tests.bert_aas.traffic.counted import ab, bandit, status
from tests.pipeline.commands.http_servers import http_server

COUNTED = {3: (690.0, 1000), 4: (790.0, 1000)}


class _Server(http.server.BaseHTTPRequestHandler):
    told: dict[str, Any]

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(self.told).encode())

    def log_message(self, *_arguments: Any) -> None:
        """Print nothing."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "traffic.json"


@pytest.fixture
def told() -> dict[str, Any]:
    """What the server says; tests fill it."""
    return {}


@pytest.fixture
def address(told: dict[str, Any]) -> Iterator[str]:
    handler = type("Handler", (_Server,), {"told": told})
    with http_server(handler) as url:
        yield url


def put(file: Path, plan: Plan) -> None:
    with changed_plans(file) as plans:
        plans["bert"] = plan


def call(file: Path, *arguments: str) -> int:
    return main(["traffic", *arguments, "--plan", str(file)])


def shares(file: Path) -> list[float | None]:
    return [arm.share for arm in read_plan_file(file)["bert"].arms]


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return " ".join(error.split())


def test_a_report_has_arms_intervals_and_the_verdict(
    file: Path, address: str, told: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    put(file, ab(50, 50))
    told.update(status(ab(50, 50), COUNTED))

    assert call(file, "report", "bert", "--server", address) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "1,000" in out
    assert "0.790" in out
    assert "Version 4 is better than 3 by 3.8 to 16.1 points" in out

    assert call(file, "report", "bert", "--server", address, "--json") == 0
    judged = json.loads(capsys.readouterr().out)["judged"]
    assert [arm["rewards"]["number"] for arm in judged["arms"]] == [1000, 1000]
    assert [one["word"] for one in judged["verdicts"]] == ["better"]


def test_a_bandit_learns_and_goes_on_after_a_restart(
    file: Path, address: str, told: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        call(file, "start", "bert", "--strategy", "bandit", "--champion", "3", "--candidate", "4")
        == 0
    )
    plan = read_plan_file(file)["bert"]
    assert shares(file) == [50, 50]
    told.update(status(plan, {3: (690.0, 1000), 4: (720.0, 1000)}))

    assert call(file, "learn", "bert", "--server", address, "--half-life", "inf") == 0
    once = shares(file)
    assert "bert is shared out: version 3 " in capsys.readouterr().out
    assert call(file, "learn", "bert", "--server", address) == 0
    assert shares(file) == once
    told.update(status(plan, {3: (0.0, 100), 4: (100.0, 100)}, "started anew"))
    assert call(file, "learn", "bert", "--server", address) == 0

    assert once[1] is not None
    assert 80 < once[1] < 99
    assert shares(file) == [1.0, 99.0]
    state = json.loads(file.with_name("traffic.json.bert.bandit.json").read_text())
    assert state["bandit"]["rewards"]["3"] == {"total": 690.0, "number": 1100.0}


def test_another_plan_begins_anew(file: Path, address: str, told: dict[str, Any]) -> None:
    put(file, bandit(50, 50))
    told.update(status(bandit(50, 50), COUNTED))
    assert call(file, "learn", "bert", "--server", address) == 0
    assert shares(file) != [50.0, 50.0]
    other = dataclasses.replace(bandit(50, 50), salt="other")
    put(file, other)
    told.update(status(other, {}))

    assert call(file, "learn", "bert", "--server", address) == 0

    assert shares(file) == [50.0, 50.0]


def test_what_cannot_be_learnt(
    file: Path, address: str, told: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    put(file, ab(50, 50))
    assert call(file, "learn", "bert") == 2
    assert "name at least one server" in refused(capsys)

    told.update(status(ab(50, 50), COUNTED))
    assert call(file, "learn", "bert", "--server", address) == 2
    assert "the plan of bert is ab; only a bandit learns shares" in refused(capsys)

    put(file, bandit(50, 50))
    file.with_name("bad.json").write_text("{")
    bad = ("--state", str(file.with_name("bad.json")))
    assert call(file, "learn", "bert", "--server", address, *bad) == 2
    assert "bad.json: " in refused(capsys)
    assert shares(file) == [50, 50]

    del told["feedback"]
    assert call(file, "learn", "bert", "--server", address) == 2
    assert "start them with --feedback_max_answers" in refused(capsys)


def test_servers_with_different_plans_are_not_put_together(
    file: Path, address: str, told: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    put(file, ab(50, 50))
    first = status(ab(50, 50), COUNTED)
    second = {**first, "plan": {**first["plan"], "salt": "other"}}
    told.update(first)
    handler = type("Handler", (_Server,), {"told": second})
    with http_server(handler) as other:
        assert call(file, "report", "bert", "--server", address, "--server", other) == 2
    assert "the servers follow different plans" in refused(capsys)


def test_a_server_that_has_not_read_the_new_shares_yet_is_learnt_from(
    file: Path, address: str, told: dict[str, Any]
) -> None:
    put(file, bandit(1, 99))
    told.update(status(bandit(1, 99), COUNTED))
    handler = type("Handler", (_Server,), {"told": status(bandit(50, 50), COUNTED, "two")})
    with http_server(handler) as other:
        assert call(file, "learn", "bert", "--server", address, "--server", other) == 0

    state = json.loads(file.with_name("traffic.json.bert.bandit.json").read_text())
    assert state["seen"].keys() == {"one", "two"}
