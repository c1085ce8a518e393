"""`bert-aas predict`: order, columns, and what is refused."""

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import models.keras_compat  # noqa: F401  (decides on Keras 2 before TensorFlow is imported)
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.arrow import pa, parquet
from pipeline.cli import main
from pipeline.predictions.model_source import ModelSource
from pipeline.predictions.predicted import Predictions
from pipeline.predictions.prediction import run_predict
from pipeline.predictions.pushed_model import Predictor, version_folder

CLASSES = ["no", "10", "-1", "2"]
OPTIONS: dict[str, Any] = {"text_column": "text", "text_pair_column": None, "batch_size": 2}


def export(folder: Path, *, pairs: bool = False, signature: str = "serving_default") -> Path:
    """Export a model whose class is the length of the text (of both texts), modulo 4."""
    import tensorflow as tf

    names = ("text", "text_pair") if pairs else ("text",)

    def classify(*texts: Any) -> dict[str, Any]:
        length = sum(tf.strings.length(text, "UTF8_CHAR") for text in texts)
        probabilities = 0.1 + 0.6 * tf.one_hot(length % 4, 4)
        classes = tf.repeat(tf.constant([CLASSES]), tf.size(length), axis=0)
        label = tf.gather(CLASSES, length % 4)
        return {"label": label, "probabilities": probabilities, "classes": classes}

    specs = [tf.TensorSpec([None], tf.string, name=name) for name in names]
    function = tf.function(classify, input_signature=specs)
    tf.saved_model.save(tf.Module(), str(folder), signatures={signature: function})
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of versions: 7, and 10 with the model."""
    base = tmp_path_factory.mktemp("model")
    (base / "7").mkdir()
    (base / "7" / "saved_model.pb").touch()
    export(base / "10")
    return base


@pytest.fixture(scope="module")
def pair_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("pairs") / "1", pairs=True)


def test_the_highest_version_is_taken(tmp_path: Path) -> None:
    for name in ("9", "10", ".staging", "11"):
        (tmp_path / name).mkdir()
        if name != "11":
            (tmp_path / name / "saved_model.pb").touch()
    assert version_folder(tmp_path) == tmp_path / "10"
    assert version_folder(tmp_path / "9") == tmp_path / "9"


@pytest.mark.parametrize("name", ["", "none"])
def test_a_folder_without_a_model_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match="holds no SavedModel; give a version folder or"):
        version_folder(tmp_path / name)


@pytest.mark.slow
def test_answers_are_in_the_order_of_the_texts(model: Path) -> None:
    texts = ["abcdefg", "", "abc", "größ", "ab", "a"]
    found = Predictor(model).predict([texts], batch_size=2)
    assert found.labels == ["2", "no", "2", "no", "-1", "10"]
    assert found.classes == ["-1", "2", "10", "no"]
    assert found.probabilities[5].tolist() == pytest.approx([0.1, 0.1, 0.7, 0.1])


@pytest.mark.slow
def test_a_file_keeps_rows_order_and_columns(model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    texts = ["long enough", "two\nlines", "a", 'say "a", b']
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *enumerate(texts)])
    assert run_predict(ModelSource(model), (), source, output, **OPTIONS) == 0
    with output.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    names = [f"probability_{name}" for name in ("-1", "2", "10", "no")]
    assert header == ["id", "text", "predicted_label", "probability", *names]
    assert [row[:2] for row in rows] == [[str(id_), text] for id_, text in enumerate(texts)]
    assert [row[2] for row in rows] == [CLASSES[len(text) % 4] for text in texts]
    assert [float(row[3]) for row in rows] == pytest.approx([0.7] * 4)
    assert [float(value) for value in rows[2][4:]] == pytest.approx([0.1, 0.1, 0.7, 0.1])


@pytest.mark.slow
def test_a_file_without_rows_gains_the_columns_too(model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("text\n")
    assert run_predict(ModelSource(model), (), source, output, **OPTIONS) == 0
    names = ",".join(f"probability_{name}" for name in ("-1", "2", "10", "no"))
    assert output.read_text().splitlines() == [f"text,predicted_label,probability,{names}"]


@pytest.mark.slow
def test_texts_of_the_command_line(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_predict(ModelSource(model), ("abc", "a"), None, None, **OPTIONS) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "2            -1 0.100  2 0.700  10 0.100  no 0.100  abc"
    assert second.split()[0] == "10"


@pytest.mark.slow
def test_pairs(pair_model: Path, tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"text": "ab", "other": "a"}\n')
    options = {**OPTIONS, "text_pair_column": "other"}
    assert run_predict(ModelSource(pair_model), (), source, output, **options) == 0
    assert '"predicted_label": "2"' in output.read_text()


@pytest.mark.slow
def test_models_of_pairs_want_pairs(model: Path, pair_model: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="pairs of texts: give --input and --text-pair"):
        run_predict(ModelSource(pair_model), ("a",), None, None, **OPTIONS)
    source = tmp_path / "in.csv"
    source.write_text("text,other\na,b\n")
    options = {**OPTIONS, "text_pair_column": "other"}
    with pytest.raises(InvalidInputError, match="single texts, not pairs"):
        run_predict(ModelSource(model), (), source, tmp_path / "out.csv", **options)


@pytest.mark.slow
def test_a_model_without_the_signature_is_refused(tmp_path: Path) -> None:
    folder = export(tmp_path / "1", signature="other")
    with pytest.raises(InvalidInputError, match="has no signature 'serving_default'"):
        Predictor(folder)


@pytest.mark.slow
def test_a_model_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(InvalidInputError, match="cannot be loaded"):
        Predictor(tmp_path)


@pytest.mark.parametrize(
    "source",
    [
        ModelSource(),
        ModelSource(Path("m"), url="http://h"),
        ModelSource(url="http://h", grpc="h:1"),
        ModelSource(Path("m"), model_name="m"),
    ],
)
def test_it_must_be_clear_where_the_model_is(source: ModelSource) -> None:
    with pytest.raises(InvalidInputError, match=r"exactly one of|--model-name goes with --url"):
        run_predict(source, ("a",), None, None, **OPTIONS)


@pytest.mark.parametrize(
    ("texts", "source", "output", "sentence"),
    [
        ((), None, None, "give texts, or --input FILE with --output FILE, but not both"),
        (("a",), "in.csv", "out.csv", "but not both"),
        ((), "in.csv", None, "--input also needs --output FILE"),
        ((), "none.csv", "out.csv", "--input: no file found at '.*none.csv'; give a file"),
        ((), "in.csv", "out.csv", "in.csv' has no column 'text'; its columns are 'body', 'label'"),
        ((), "in.csv", "out.xlsx", "out.xlsx has an unknown extension"),
        ((), "in.csv", "none/out.csv", "cannot be written: its folder does not exist"),
        ((), "in.csv", "folder.csv", "folder.csv cannot be written: it is a folder"),
        ((), "in.csv", "in.csv/out.csv", "cannot be written: its folder does not exist"),
        ((), "in.csv", "/proc/out.csv", "/proc/out.csv cannot be written: "),
        ((), "in.csv", f"{'x' * 300}.csv", "cannot be written: File name too long"),
        ((), "label.csv", "out.csv", "already has a column 'predicted_label'; rename it"),
        ((), "share.jsonl", "out.csv", "already has a column 'probability'; rename it"),
        ((), "mixed.jsonl", "out.parquet", "the values of the column 'x' have no type in common"),
        (("good", "caf\udce9"), None, None, r"^TEXT 2 is not UTF-8: caf\\udce9$"),
    ],
)
def test_refused_before_anything_is_loaded(
    tmp_path: Path,
    texts: tuple[str, ...],
    source: str | None,
    output: str | None,
    sentence: str,
) -> None:
    (tmp_path / "in.csv").write_text("body,label\nx,1\n")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "label.csv").write_text("body,predicted_label\nx,1\n")
    (tmp_path / "share.jsonl").write_text('{"body": "x", "probability": 1}\n')
    (tmp_path / "mixed.jsonl").write_text('{"body": "x", "x": 1}\n{"body": "x", "x": "1"}\n')
    before = sorted(tmp_path.iterdir())
    options: dict[str, Any] = {
        **OPTIONS,
        "text_column": "text" if "no column" in sentence else "body",
    }
    paths = (tmp_path / source if source else None, tmp_path / output if output else None)
    with pytest.raises(InvalidInputError, match=sentence):
        run_predict(ModelSource(tmp_path / "no model"), texts, *paths, **options)
    assert sorted(tmp_path.iterdir()) == before


def test_the_output_is_opened_before_the_model_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\na\n")
    (tmp_path / "out.csv").write_text("old")
    paths = (tmp_path / "in.csv", tmp_path / "out.csv")
    with pytest.raises(InvalidInputError, match="holds no SavedModel"):
        run_predict(ModelSource(tmp_path / "no model"), (), *paths, **OPTIONS)
    assert (tmp_path / "out.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


@pytest.mark.slow
def test_a_column_called_as_one_of_the_classes_is_refused_before_the_work(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def predict(self: Predictor, columns: Any, batch_size: int = 64) -> Any:
        asked.append(columns)
        return Predictions(["no"], CLASSES, np.zeros((1, 4)))

    monkeypatch.setattr(Predictor, "predict", predict)
    (tmp_path / "in.csv").write_text("text,probability_10\na,1\n")
    with pytest.raises(InvalidInputError, match="already has a column 'probability_10'"):
        run_predict(ModelSource(model), (), tmp_path / "in.csv", tmp_path / "out.csv", **OPTIONS)
    assert asked == [[[""]]]


@pytest.mark.slow
def test_a_table_in_another_dialect(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.csv.gz").write_bytes(gzip.compress("id;text\n1;ab, c\n".encode("utf-16")))
    paths = (tmp_path / "in.csv.gz", tmp_path / "out.ndjson")
    assert run_predict(ModelSource(model), (), *paths, **OPTIONS) == 0
    [row] = map(json.loads, paths[1].read_text().splitlines())
    assert (row["id"], row["text"], row["predicted_label"]) == ("1", "ab, c", "10")
    assert capsys.readouterr().err.splitlines() == [
        "in.csv.gz is read as UTF-16, because its first bytes say so",
        "in.csv.gz is read with ';' between its fields",
        f"wrote {paths[1]}: 1 rows",
    ]


@pytest.mark.slow
def test_parquet_keeps_its_types(model: Path, tmp_path: Path) -> None:
    table = pa.table({"text": ["ab", None], "n": pa.array([1, None], pa.int32())})
    parquet.write_table(table, tmp_path / "in.parquet")
    paths = (tmp_path / "in.parquet", tmp_path / "out.parquet")
    assert run_predict(ModelSource(model), (), *paths, **OPTIONS) == 0
    found = parquet.read_table(paths[1])
    assert found.select(["text", "n"]).equals(table)
    assert found.column("predicted_label").to_pylist() == ["-1", "no"]
    assert {str(field.type) for field in list(found.schema)[3:]} == {"double"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--encoding", "rot13"], "--encoding is 'rot13': there is no such text encoding; give"),
        (["--separator", "::"], "--separator is '::': give auto, comma, semicolon, tab, pipe, or"),
        (["--encoding", "cp1252"], "holds no SavedModel"),
        (["--encoding", "utf-8"], "--input: 'in.csv', line 2: not UTF-8: byte 0xe9 at position 5"),
        (["--quoting", "none", "--encoding=latin-1"], "line 2: 3 fields where the header has 2"),
    ],
)
def test_how_to_read_can_be_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    (tmp_path / "in.csv").write_bytes(b'text,x\n"caf\xe9, bar",1\n')
    files = ["--input", str(tmp_path / "in.csv"), "--output", str(tmp_path / "out.csv")]
    assert main(["predict", "--model-dir", str(tmp_path), *files, *arguments]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("Error: ")
    assert sentence in line


@pytest.mark.slow
def test_labels_of_a_file_are_compared_with_the_answers(
    pair_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    rows = [{"text": "ab", "other": "a", "stars": stars} for stars in (2.0, "2", -1, None)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = {**OPTIONS, "text_pair_column": "other", "label_column": "stars"}
    assert run_predict(ModelSource(pair_model), (), source, output, **options) == 0
    written = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["true_label"] for row in written] == ["2", "2", "-1", ""]
    assert [row["predicted_label"] for row in written] == ["2"] * 4
    said = capsys.readouterr().err
    assert "accuracy 0.6667: 2 of 3 rows are right; not counted: 1 without a label" in said


def test_labels_are_those_of_a_file(model: Path) -> None:
    with pytest.raises(InvalidInputError, match="--label-column goes with --input"):
        run_predict(ModelSource(model), ("a",), None, None, **OPTIONS, label_column="label")


@pytest.mark.parametrize("label_column", [None, "stars"])
def test_labels_of_a_model_go_with_a_column(model: Path, label_column: str | None) -> None:
    options = {**OPTIONS, "labels_of": model, "label_column": label_column}
    said = "--label-column goes with --input" if label_column else "goes with --label-column"
    with pytest.raises(InvalidInputError, match=said):
        run_predict(ModelSource(model), ("a",), None, None, **options)


def test_labels_of_another_model_are_looked_for_first(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "ab", "stars": 5}\n')
    options = {**OPTIONS, "label_column": "stars", "labels_of": tmp_path / "nothing"}
    server = ModelSource(url="http://127.0.0.1:1")  # nobody is asked
    with pytest.raises(InvalidInputError, match="nothing"):
        run_predict(server, (), source, tmp_path / "out.jsonl", **options)
