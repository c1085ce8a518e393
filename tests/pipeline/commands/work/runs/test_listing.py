"""What `bert-aas runs` prints and writes."""

import json
from pathlib import Path

import pytest

from pipeline.cli import main
from tests.pipeline.stored_runs import FIRST, OTHER, RUN_IDS


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["runs", *arguments]) == 0
    return capsys.readouterr().out


def test_the_list(stored_runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    head, *rows, not_met = output(capsys, "--output-dir", stored_runs).splitlines()
    assert not_met == f"{OTHER} did not meet: books"
    names = ["Run", "Started", "State", "Time", "Accuracy", "Executed", "Cached", "Pushed"]
    assert head.split() == names
    assert [row.split()[0] for row in rows] == list(reversed(RUN_IDS))
    other = next(row for row in rows if row.startswith(OTHER))
    assert other.split()[3:5] == ["not", "blessed"]
    assert other.split()[-4:] == ["0.750", "4", "1", "\N{EN DASH}"]
    assert rows[-1].split()[-1] == "7"


def test_a_run_with_the_conditions_that_were_not_met(
    stored_runs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = output(capsys, "--output-dir", stored_runs, OTHER)
    assert shown.endswith(f"{OTHER} did not meet: books\n  books: 0.4 is below 0.5: failed\n")


def test_one_run_with_all_its_conditions(
    stored_runs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = output(capsys, "show", OTHER, "--output-dir", stored_runs)
    rows = [line.split() for line in shown.splitlines()]
    assert ["threshold", "passed", "it", "is", "enough"] in rows
    assert ["books", "failed", *["0.4", "is", "below", "0.5:", "failed"]] in rows
    assert shown.endswith("\nNot met      books\n")
    assert output(capsys, "show", FIRST, "--output-dir", stored_runs).endswith(
        "Not met      none\n"
    )


def test_the_newest(stored_runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(output(capsys, "--output-dir", stored_runs, "--last", "2").splitlines()) == 3


def test_json(stored_runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    runs = json.loads(output(capsys, "--output-dir", stored_runs, "--json", OTHER, FIRST))
    assert [run["run_id"] for run in runs] == [OTHER, FIRST]
    assert runs[0]["status"] == "not_blessed"
    assert runs[0]["parameters"]["train.epochs"] == 3
    assert runs[0]["metrics"]["accuracy"] == 0.75
    assert [one["outcome"] for one in runs[0]["conditions"]] == ["passed", "failed"]
    assert runs[1]["conditions"] == []
    assert runs[0]["artifacts"]["ExampleGen"] == runs[1]["artifacts"]["ExampleGen"]
    assert runs[1]["pushed_model"] == "/served/7"


def test_side_by_side(stored_runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = output(capsys, "--output-dir", stored_runs, "--compare", FIRST, OTHER)
    rows = [line.split() for line in shown.splitlines()]
    assert ["train.epochs", "1", "3"] in rows
    assert ["Accuracy", "0.750", "0.750"] in rows
    assert "B shares ExampleGen with A and differs from it from Trainer on." in shown


def test_side_by_side_as_json(stored_runs: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(output(capsys, "--output-dir", stored_runs, "--json", "--compare"))
    assert [run["run_id"] for run in found["runs"]] == list(RUN_IDS)
    assert found["baseline"] == FIRST
    assert found["differing"] == {"train.epochs": [1, 1, 3, 1, 1]}
    assert found["differences"]["accuracy"] == [0.0, 0.0, 0.0, None, None]
    assert found["artifacts"]["Trainer"][3:] == [[], []]


def test_a_page(stored_runs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "folder" / "page.html"
    shown = output(capsys, "--output-dir", stored_runs, "--output", str(page))
    assert f"Page         {page}" in shown
    content = page.read_text(encoding="utf-8")
    assert content.startswith("<!doctype html>")
    assert "Where the runs part" in content


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--compare", FIRST), "Error: 2 to 8 runs can be compared, not 1"),
        (("r9",), "has no run r9; its runs are running, failed, other, same, first"),
    ],
)
def test_refusals(
    stored_runs: str,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    assert main(["runs", "--output-dir", stored_runs, *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line
