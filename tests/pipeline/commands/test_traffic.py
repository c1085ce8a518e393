"""`bert-aas traffic`: exit codes, sentences, JSON, the plan file and its log."""

import http.server
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bert_aas.traffic.alarms import Alarm
from bert_aas.traffic.plans.files import changed_plans, log_file, read_plan_file
from bert_aas.traffic.plans.plan import Plan
from pipeline.cli import main
from pipeline.commands.work.traffic.changing import to_seconds
from tests.pipeline.commands.http_servers import http_server

MODEL = "bert"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "traffic.json"


def call(file: Path, *arguments: str) -> int:
    return main(["traffic", *arguments, "--plan", str(file)])


def start(file: Path, *more: str, strategy: str = "canary") -> int:
    arguments = ("--strategy", strategy, "--candidate", "4", "--by", "ann", *more)
    return call(file, "start", MODEL, *arguments)


def plan(file: Path) -> Plan:
    return read_plan_file(file)[MODEL]


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return " ".join(error.split())


def test_a_plan_from_its_start_to_its_end(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(file, "--champion", "3", "--bake", "2h", "--step", "10", "--step", "100") == 0
    assert f"{file}: bert runs as canary: version 4 against 3" in capsys.readouterr().out
    assert [arm.version for arm in plan(file).arms] == [3, 4]
    assert [(step.share, step.bake_s) for step in plan(file).steps] == [(10, 7200), (100, 7200)]

    assert call(file, "hold", MODEL) == 0
    assert plan(file).held is not None
    assert call(file, "resume", MODEL) == 0
    assert plan(file).held is None

    assert call(file, "promote", MODEL, "--by", "bob") == 0
    ending = plan(file).ending
    assert ending is not None
    assert (ending.outcome, ending.version, ending.by) == ("promoted", 4, "bob")
    assert call(file, "rollback", MODEL, "--reason", "too slow") == 0
    assert "bert is rolled back; version 3 answers" in capsys.readouterr().out

    actions = [json.loads(line)["action"] for line in log_file(file).read_text().splitlines()]
    assert actions == ["start", "hold", "resume", "promote", "rollback"]
    assert start(file) == 0  # version 3 answers, as the ended plan says
    assert [arm.version for arm in plan(file).arms] == [3, 4]
    assert call(file, "clear", MODEL) == 0
    assert read_plan_file(file) == {}


def test_other_strategies(file: Path) -> None:
    more = ("--candidate", "next", "--share", "10", "--share", "20", "--champion", "3")
    assert start(file, *more, "--key-header", "X-User", strategy="ab") == 0
    assert [(arm.version, arm.share) for arm in plan(file).arms] == [(3, 70), (4, 10), ("next", 20)]
    assert plan(file).key_header == "X-User"
    assert call(file, "promote", MODEL, "next") == 0
    assert start(file, "--champion", "3", "--load", "20", strategy="shadow") == 0
    assert (plan(file).strategy, plan(file).load) == ("shadow", 20.0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("start", MODEL, "--strategy", "canary", "--candidate", "4"), "give it (--champion)"),
        (("start", MODEL, "--strategy", "red", "--candidate", "4"), "'red' is not one of"),
        (("start", MODEL, "--strategy", "canary"), "Missing option '--candidate'"),
        (("promote", MODEL), "traffic.json has no plan of bert"),
        (("rollback", MODEL, "--reason", "x"), "traffic.json has no plan of bert"),
        (("rollback", MODEL), "Missing option '--reason'"),
        (("clear", MODEL), "traffic.json has no plan of bert"),
        (("show", MODEL), "traffic.json cannot be read: No such file"),
        (("report", MODEL), "traffic.json cannot be read: No such file"),
        (("show", "--server", "http://localhost:1"), "name the model that the server is asked"),
        (("show", MODEL, "--server", "ftp://a"), "--server is 'ftp://a'; give an address like"),
    ],
)
def test_what_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert call(file, *arguments) == 2
    assert sentence in refused(capsys)
    assert not file.exists()
    assert not log_file(file).exists()


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--bake", "soon"), "--bake is 'soon'; give a time such as 90s, 10m, 2h or 1d"),
        (("--step", "50", "--step", "5"), "the shares of the steps must grow; they are 50, 5"),
        (("--champion", "4"), "version 4 is there twice"),
        (("--alarm", "error_rate"), "--alarm is 'error_rate'; give a measure and its limit"),
        (("--alarm", "mood=1"), "--alarm mood=1: measure is 'mood'; known are error_rate, p99_"),
        (("--alarm", "error_rate=nan"), "above is nan; it must be a number from 0 on"),
        (("--alarm", "error_rate=1", "--alarm-window", "2h"), "window_s is 7200; it is at most"),
        (("--alarm", "error_rate=1", "--alarm-window", "x"), "--alarm-window is 'x'; give a tim"),
    ],
)
def test_a_plan_that_does_not_fit_changes_nothing(
    file: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...], sentence: str
) -> None:
    assert start(file, "--champion", "3", *more) == 2
    assert sentence in refused(capsys)
    assert not file.exists()


def test_a_plan_has_alarms(file: Path) -> None:
    alarms = ("--alarm", "error_rate=0.02", "--alarm", "p99_ratio=1.5", "--alarm-window", "1m")
    assert start(file, "--champion", "3", *alarms, "--on-alarm", "hold") == 0
    assert plan(file).alarms == (
        Alarm("error_rate", 0.02, 60.0, 100, "hold"),
        Alarm("p99_ratio", 1.5, 60.0, 100, "hold"),
    )


def test_a_plan_that_runs_stays(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(file, "--champion", "3") == 0
    before = file.read_bytes()
    for more in ((), ("--champion", "2")):
        assert start(file, *more) == 2
        assert "still runs; `bert-aas traffic promote` or `rollback` ends it" in refused(capsys)
    assert file.read_bytes() == before


def test_plans_are_shown(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with changed_plans(file):
        pass
    assert call(file, "show") == 0
    assert "has no plans" in capsys.readouterr().out
    start(file, "--champion", "3", "--reason", "half the size")
    capsys.readouterr()
    assert call(file, "show", MODEL, "--json") == 0
    (status,) = json.loads(capsys.readouterr().out)
    assert [(arm["name"], arm["share"]) for arm in status["arms"]] == [("3", 95), ("4", 5)]
    assert (status["step"], status["is_over"]) == (0, False)
    assert call(file, "show") == 0
    assert "1 of 3" in capsys.readouterr().out
    assert call(file, "show", "other") == 2
    assert "has no plan of other; its models are: bert" in refused(capsys)


def test_a_report_has_the_history(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start(file, "--champion", "3", "--reason", "half the size")
    call(file, "clear", MODEL, "--by", "bob")
    with log_file(file).open("a") as log:
        log.write('{"half')
    capsys.readouterr()
    assert call(file, "report", MODEL) == 0
    out = capsys.readouterr().out
    assert "ann" in out
    assert "half the size" in out
    assert "clear" in out
    assert call(file, "report", MODEL, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["status"] is None
    assert [one["by"] for one in found["history"]] == ["ann", "bob"]
    assert call(file, "report", "other") == 2


class _Server(http.server.BaseHTTPRequestHandler):
    answers: dict[str, bytes]

    def do_GET(self) -> None:
        answer = self.answers.get(self.path)
        self.send_response(404 if answer is None else 200)
        self.end_headers()
        self.wfile.write(answer or b"")

    def log_message(self, *_arguments: Any) -> None:
        """Print nothing."""


@pytest.fixture
def address(file: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[str]:
    """A server that answers for `bert` as its plan file says, for `odd` with nonsense."""
    start(file, "--champion", "3")
    call(file, "show", MODEL, "--json")
    text = capsys.readouterr().out
    status = json.loads(text[text.index("[") :])[0]
    status["arms"][1]["version"] = 4
    recent = dict.fromkeys(("errors", "mean_confidence", "compared", "disagreement"))
    status["arms"][1]["recent"] = {"requests": 1234, "p50_ms": 1.5, "p99_ms": 9.87654, **recent}
    flips = [{"from": "good", "to": "bad", "rows": 7}]
    challengers = {"4": {"rows": 90, "agreed": 83, "flips": flips}}
    status["shadow"] = {"dropped": 0, "challengers": challengers}
    paths = {"/v1/models/bert/traffic": status, "/v1/models/a%2Fb/traffic": {"plan": None}}
    answers = {path: json.dumps(one).encode() for path, one in paths.items()}
    answers["/v1/models/odd/traffic"] = b"<html>"
    handler = type("Handler", (_Server,), {"answers": answers})
    with http_server(handler) as url:
        yield url


def test_a_server_is_asked(file: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(file, "show", MODEL, "--server", address, "--json") == 0
    (status,) = json.loads(capsys.readouterr().out)
    assert [arm["version"] for arm in status["arms"]] == [None, 4]
    assert call(file, "report", MODEL, "--server", address) == 0
    out = capsys.readouterr().out
    assert "1234" in out
    assert "9.877" in out
    assert "version 4 agrees in 83 of 90 rows" in out
    assert "Version 4 says" in out
    assert call(file, "show", "a/b", "--server", address) == 2
    assert "follows no plan of a/b at present" in refused(capsys)
    assert call(file, "show", "gone", "--server", address) == 2
    assert "/v1/models/gone/traffic answers 404: is gone served there?" in refused(capsys)
    assert call(file, "show", "odd", "--server", address) == 1
    assert "cannot be asked: " in refused(capsys)


def test_a_server_that_is_not_there(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(file, "show", MODEL, "--server", "http://127.0.0.1:1") == 1
    assert "http://127.0.0.1:1/v1/models/bert/traffic cannot be asked" in refused(capsys)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86400)]
)
def test_times(text: str, seconds: float) -> None:
    assert to_seconds("--bake", text) == seconds
