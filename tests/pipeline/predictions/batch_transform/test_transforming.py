"""`bert-aas predict --split-type Line`: what SageMaker's batch transform would write."""

import json
from pathlib import Path
from typing import Any

import pytest

import models.keras_compat  # noqa: F401  (decides on Keras 2 before TensorFlow is imported)
from pipeline.cli import main
from tests.pipeline.predictions.test_prediction import export

# The class of a text is its length modulo 4: no, 10, -1, 2; its probability 0.1 + 0.6 in float32.
P = 0.70000005


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("model") / "1")


def run(model: Path, tmp_path: Path, name: str, content: str, *options: str) -> tuple[int, Path]:
    given, output = tmp_path / name, tmp_path / "output"
    given.write_text(content, newline="")
    places = ("--model-dir", str(model), "--input", str(given), "--output", str(output))
    return main(["predict", *places, *options]), output


def lines(content: list[Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in content)


def test_features(model: Path, tmp_path: Path) -> None:
    code, output = run(
        model,
        tmp_path,
        "a.jsonl",
        lines([{"features": ["a"]}, {"features": ["ab"]}]),
        "--split-type",
        "Line",
    )
    assert code == 0
    assert [json.loads(one) for one in output.read_text().splitlines()] == [
        {"probability": P, "predicted_label": "10"},
        {"probability": P, "predicted_label": "-1"},
    ]


@pytest.mark.parametrize("strategy", ["SingleRecord", "MultiRecord"])
def test_records_joined_with_their_answers(model: Path, tmp_path: Path, strategy: str) -> None:
    records = [{"id": 1, "text": "a"}, {"id": 2, "text": "abc"}]
    code, output = run(
        model,
        tmp_path,
        "a.jsonl",
        lines(records),
        "--split-type",
        "Line",
        "--input-filter",
        "$.text",
        "--join-source",
        "Input",
        "--output-filter",
        "$['id','SageMakerOutput']",
        "--batch-strategy",
        strategy,
    )
    assert code == 0
    assert [json.loads(one) for one in output.read_text().splitlines()] == [
        {"id": 1, "SageMakerOutput": {"probability": P, "predicted_label": "10"}},
        {"id": 2, "SageMakerOutput": {"probability": P, "predicted_label": "2"}},
    ]


def test_values_that_are_no_objects(model: Path, tmp_path: Path) -> None:
    code, output = run(
        model,
        tmp_path,
        "a.jsonl",
        '"a"\n',
        "--split-type",
        "Line",
        "--join-source",
        "Input",
        "--output-filter",
        "$.SageMakerInput",
    )
    assert (code, output.read_text()) == (0, '"a"\n')


def test_blazingtext(model: Path, tmp_path: Path) -> None:
    code, output = run(
        model, tmp_path, "a.jsonl", lines([{"source": "a", "k": 1}]), "--split-type", "Line"
    )
    assert code == 0
    assert json.loads(output.read_text()) == {"label": ["__label__10"], "prob": [P]}


def test_rows_with_line_breaks(model: Path, tmp_path: Path) -> None:
    code, output = run(
        model,
        tmp_path,
        "a.csv",
        '7,"a\nb"\r\n8,"x, y"\r\n',
        "--split-type",
        "Line",
        "--input-filter",
        "$[1]",
        "--join-source",
        "Input",
        "--response-keys",
        "predicted_label,probability",
    )
    assert (code, output.read_text()) == (0, f'7,"a\nb",2,{P}\n8,"x, y",no,{P}\n')


def test_columns_of_the_result(model: Path, tmp_path: Path) -> None:
    code, output = run(
        model,
        tmp_path,
        "a.csv",
        "7,a\n8,ab\n",
        "--split-type",
        "Line",
        "--input-filter",
        "$[1:]",
        "--join-source",
        "Input",
        "--output-filter",
        "$[0,-1]",
        "--assemble-with",
        "None",
    )
    assert (code, output.read_text()) == (0, "7,108,-1")


@pytest.mark.parametrize(
    ("file", "options", "text"),
    [
        (("a.jsonl", "[1\n"), (), "line 1 of the input is no JSON"),
        (("a.jsonl", '{"a": "b"}\n'), (), "--input-filter $.NAME takes the text out of other obj"),
        (("a.jsonl", '{"a": 1}\n'), ("--input-filter", "$.b"), "record 1: there is nothing at $.b"),
        (("a.jsonl", '{"a": 1}\n'), ("--input-filter", "$.a"), "Record 1 is no object of the form"),
        (("a.jsonl", '"a"\n'), ("--input-filter", "b"), "'b' is no path"),
        (("a.jsonl", "\n"), (), "has no records"),
        (("a.csv", "a,b\n"), (), "record 1 has 2 texts, but the model takes 1; --input-filter"),
        (("a.csv", 'a,"b\n'), (), "Row 1 of the CSV is broken at its field 2"),
        (("a.txt", "a\n"), (), "a.txt is neither .csv nor .jsonl"),
        (("a.csv", "a\n"), ("--response-keys", "x"), "--response-keys is 'x'; allowed are"),
        (("a.csv", "a\n"), ("--label-column", "x"), "--label-column does not go with --split-type"),
    ],
)
def test_refused(
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: tuple[str, str],
    options: tuple[str, ...],
    text: str,
) -> None:
    code, output = run(model, tmp_path, *file, "--split-type", "Line", *options)
    assert code == 2
    assert text in " ".join(capsys.readouterr().err.split())
    assert not output.exists()


def test_options_that_need_the_split(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = run(model, tmp_path, "a.csv", "a\n", "--join-source", "Input")
    assert code == 2
    assert "--join-source needs --split-type Line" in capsys.readouterr().err
