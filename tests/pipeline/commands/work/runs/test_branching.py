"""`bert-aas condition` over a file; over a run, see the tests of Airflow and Kubeflow Pipelines."""

import json
from pathlib import Path

import pytest

from pipeline.cli import main

CONTENT = {"metrics": {"accuracy": {"value": 0.85}}, "verdict": {"passed": True}, "name": "toy"}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps(CONTENT))
    return str(path)


@pytest.mark.parametrize(
    ("path", "operator", "bound", "code"),
    [
        ("metrics.accuracy.value", ">=", "0.85", 0),
        ("metrics.accuracy.value", ">=", "0.86", 3),
        ("metrics.accuracy.value", "<", "0.86", 0),
        ("metrics.accuracy.value", "==", "0.85", 0),
        ("verdict.passed", "==", "true", 0),
        ("verdict.passed", "==", "false", 3),
        ("verdict.passed", "==", "1", 3),
        ("name", "==", "toy", 0),
        ("name", "in", '["toy", "demo"]', 0),
        ("name", "in", '["demo"]', 3),
        ("name", ">=", "0.5", 2),
        ("name", "in", "toy", 2),
        ("metrics.accuracy", ">=", "0.5", 2),
        ("metrics.recall.value", ">=", "0.5", 2),
        ("metrics.accuracy.value", "=>", "0.5", 2),
    ],
)
def test_compared(file: str, path: str, operator: str, bound: str, code: int) -> None:
    asked = ["--path", path, "--operator", operator, "--bound", bound]
    assert main(["condition", file, *asked]) == code


def test_it_says_what_it_found(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["condition", file, "--path", "metrics.accuracy.value", "--bound", "0.9"])
    assert capsys.readouterr().out == "metrics.accuracy.value is 0.85: >= 0.9 does not hold\n"


def test_the_outcome_for_an_orchestrator(file: str, tmp_path: Path) -> None:
    told = tmp_path / "new" / "outcome"
    asked = ["--path", "verdict.passed", "--operator", "==", "--bound", "false"]
    options = ["--output", str(told), "--else-exit-code", "0"]
    assert main(["condition", file, *asked, *options]) == 0
    assert told.read_text() == "false"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["nowhere.json"], "Error: nowhere.json cannot be read as JSON: "),
        ([], "Error: give a file, or --ir and --run-id\n"),
        (
            ["FILE", "--operator", "=>"],
            "Error: evaluation.json: '=>' is no operator; known are ==, >=, <=, >, <, in\n",
        ),
        (["FILE", "--run-id", "r1"], "Error: give a file, or --ir and --run-id\n"),
    ],
)
def test_refused(
    given: list[str], sentence: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [file if word == "FILE" else word for word in given]
    assert main(["condition", *words, "--path", "name", "--bound", "1"]) == 2
    error = capsys.readouterr().err.replace(str(Path(file).parent) + "/", "")
    assert error.startswith(sentence)
