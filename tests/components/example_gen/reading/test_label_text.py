"""Labels as spreadsheets spell them."""

from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from components.example_gen.preflight import inspect
from components.example_gen.reading.label_text import is_plain_label, read_label
from tests.components.example_gen.tables import params_for, reviews, write_table

FORMATS = ("csv", "tsv", "jsonl", "parquet", "tfrecord")


@pytest.mark.parametrize(
    "text",
    [
        *(" good", "good ", "\tgood", "good\n", "good\r\n", "\u00a0good", "\u3000good\u2028"),
        *("\ufeffgood", "good\u200b", "\u200b good \u2060"),
    ],
)
def test_blanks_around_a_label_are_cut_off(text: str) -> None:
    assert read_label(text) == ("good", None)
    assert not is_plain_label(text)


@pytest.mark.parametrize(
    "text", ["good", "very good", "gut \u2013 sehr", "\u00fcbel", "\U0001f600"]
)
def test_other_labels_stay_as_they_are(text: str) -> None:
    assert read_label(text) == (text, None)
    assert is_plain_label(text)


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\ufeff\n"])
def test_a_label_of_blanks_is_none(text: str) -> None:
    assert read_label(text) == ("", None)
    assert not is_plain_label(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("very\ngood", "a line break"),
        ("very\r\ngood", "a line break"),
        ("very\tgood", "a tab"),
        ("very\0good", "a NUL character"),
        ("very\x0bgood", "the control character U+000B"),
        ("very\x1fgood", "the control character U+001F"),
        ("very\x85good", "the control character U+0085"),
        ("very\u2028good", "a line separator"),
        ("very\u2029good", "a paragraph separator"),
        ("good\0", "a NUL character"),
    ],
)
def test_what_a_vocabulary_cannot_hold_is_named(text: str, problem: str) -> None:
    assert read_label(text)[1] == problem
    assert not is_plain_label(text)


@pytest.mark.parametrize("file_format", FORMATS)
def test_blanks_make_no_classes_of_their_own(tmp_path: Path, file_format: str) -> None:
    rows = [
        row | {"label": (row["label"], f" {row['label']}", f"{row['label']}\n")[n % 3]}
        for n, row in enumerate(reviews(60))
    ]
    summary = inspect(params_for(write_table(tmp_path, file_format, rows)))
    assert summary.labels.counts == {"-1": 20, "0": 20, "1": 20}


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_line_break_inside_is_refused_with_its_line(tmp_path: Path, file_format: str) -> None:
    rows = reviews(60)
    rows[4]["label"] = "very\ngood"
    with pytest.raises(InvalidInputError) as refusal:
        inspect(params_for(write_table(tmp_path, file_format, rows)))
    line = {"csv": 10, "tsv": 10}.get(file_format, 5)  # each text has two lines
    assert str(refusal.value) == (
        f"data: reviews.{file_format}, line {line}: a line break inside the label (column "
        "'label') (1 of 60 rows cannot be used); correct the file, or set data.bad_rows: reject "
        "to leave such rows out."
    )


def test_such_rows_can_be_left_out(tmp_path: Path) -> None:
    rows = reviews(60)
    rows[4]["label"] = "very\ngood"
    summary = inspect(params_for(write_table(tmp_path, "csv", rows), bad_rows="reject"))
    assert (summary.rows, summary.bad_rows, summary.labels.classes) == (59, 1, 3)
