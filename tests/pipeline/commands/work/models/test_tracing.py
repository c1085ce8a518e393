"""`bert-aas lineage` and `bert-aas runs artifacts`, as a user types them."""

import json
from pathlib import Path

import pytest

from bert_aas.contracts.exit_codes import EXIT_REFUSED
from pipeline.cli import main
from tests.pipeline.stored_model import AGAIN, MADE, write_model

Output = pytest.CaptureFixture[str]


@pytest.fixture
def version(tmp_path: Path) -> Path:
    return write_model(tmp_path)


def printed(capfd: Output, *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    shown = capfd.readouterr()
    return shown.err if code else shown.out


def test_the_table(version: Path, capfd: Output) -> None:
    model, titles, *rows = printed(capfd, "lineage", str(version)).splitlines()
    assert model.startswith("Model        Optimizer/model #")
    assert titles.split() == ["Name", "Direction", "Type", "Association"]
    assert rows[0].split()[2:] == ["Input", "DataFile", "ContributedTo"]
    assert rows[-1].split() == [str(version), "Output", "Deployment", "SameAs"]


@pytest.mark.parametrize(
    ("flags", "directions"),
    [
        ((), {"Input", "Output"}),
        (("--up",), {"Input"}),
        (("--down",), {"Output"}),
        (("--up", "--down"), {"Input", "Output"}),
    ],
)
def test_directions(
    version: Path, capfd: Output, flags: tuple[str, ...], directions: set[str]
) -> None:
    found = json.loads(printed(capfd, "lineage", str(version), "--format", "json", *flags))
    assert {thing["direction"] for thing in found["things"]} == directions


def test_events_one_in_each_line(version: Path, tmp_path: Path, capfd: Output) -> None:
    file = tmp_path / "events.jsonl"
    given = ("--format", "openlineage", "--output", str(file))
    assert printed(capfd, "lineage", str(version), *given) == ""
    events = [json.loads(line) for line in file.read_text().splitlines()]
    assert {event["job"]["name"] for event in events} >= {"reviews.Trainer", "reviews.Pusher"}


def test_a_drawing(version: Path, capfd: Output) -> None:
    assert printed(capfd, "lineage", str(version), "--format", "mermaid").startswith("flowchart")


def test_refusals(version: Path, tmp_path: Path, capfd: Output) -> None:
    def refused(*arguments: str) -> str:
        return printed(capfd, "lineage", *arguments, code=EXIT_REFUSED)

    assert "holds no SavedModel" in refused(str(tmp_path))
    assert "leave --output out" in refused(str(version), "--output", "x")
    nowhere = str(tmp_path / "no" / "such" / "rows.csv" / "file")
    (tmp_path / "no").write_text("a file")
    wrong = refused(str(version), "--format", "json", "--output", nowhere)
    assert wrong.startswith("Error: ")
    assert wrong.count("\n") == 1


def test_the_artifacts_of_a_run(version: Path, tmp_path: Path, capfd: Output) -> None:
    where = ("--output-dir", str(tmp_path / "output"))
    titles, *rows = printed(capfd, "runs", "artifacts", MADE, *where).splitlines()
    assert titles.split() == ["Node", "State", "Direction", "Key", "Id", "Type", "Uri"]
    assert rows[0].split()[:4] == ["ExampleGen", "executed", "Output", "examples"]
    trained = [row.split() for row in rows[1:3]]
    assert trained[0][:4] == ["Trainer", "executed", "Input", "examples"]
    assert trained[1][:2] == ["Output", "model"]
    found = json.loads(printed(capfd, "runs", "artifacts", AGAIN, *where, "--json"))
    assert found["run_id"] == AGAIN
    assert found["artifacts"][0]["state"] == "cached"
    assert found["artifacts"][0]["uri"] == "/a/examples"
    assert "has no run x" in printed(capfd, "runs", "artifacts", "x", *where, code=EXIT_REFUSED)


def test_runs_alone_lists_as_before(version: Path, tmp_path: Path, capfd: Output) -> None:
    where = ("--output-dir", str(tmp_path / "output"))
    assert printed(capfd, "runs", *where) == printed(capfd, "runs", "list", *where)
    assert "artifacts" in printed(capfd, "runs", "--help")
