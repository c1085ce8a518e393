from pathlib import Path

import pytest

from components.example_gen.rows import BadRow, Row, read_rows
from components.example_gen.sources import find_files
from tests.components.example_gen.tables import params_for, reviews, write_table


def read(path: Path, **changes: str) -> list[Row | BadRow]:
    params = params_for(path, **changes)
    return [row for source in find_files(params) for row in read_rows(source, params)]


@pytest.mark.parametrize("file_format", ["csv", "tsv", "jsonl", "parquet", "tfrecord"])
def test_texts_and_labels_are_as_spelt_in_every_format(tmp_path: Path, file_format: str) -> None:
    rows = read(write_table(tmp_path, file_format, reviews(3)))
    spelt = [(r.values["text"], r.values["label"]) for r in rows if isinstance(r, Row)]
    assert spelt == [(row["text"], row["label"]) for row in reviews(3)]


def test_rows_are_numbered_with_the_unusable_ones(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text('text,label\n"a\nb",1\nspoilt\nc,0\n')
    good = [row for row in read(path) if isinstance(row, Row)]
    assert [(row.line, row.number) for row in good] == [(2, 1), (5, 3)]


def test_labels_that_are_numbers_are_spelt_as_python_does(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    labels = ["1", "-1", "1.5", "2.0", "true"]
    path.write_text("".join(f'{{"text": "a", "label": {label}}}\n' for label in labels))
    assert [row.values["label"] for row in read(path) if isinstance(row, Row)] == labels


@pytest.mark.parametrize("label", ["", "  ", '""'])
def test_a_row_without_label_cannot_be_used(tmp_path: Path, label: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"text,label\na,{label}\nb,1\n")
    assert read(path)[0] == BadRow("table.csv", 2, "no label (column 'label')")


def test_a_row_without_text_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("text,label\n,1\n")
    assert read(path) == [Row("table.csv", 2, 1, {"text": None, "label": "1"})]


@pytest.mark.parametrize("member", ['"text": "\\ud83d"', '"text": "a", "\\ud83d": 1'])
def test_half_a_surrogate_pair_cannot_be_used(tmp_path: Path, member: str) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text(f'{{{member}, "label": "1"}}\n')
    assert read(path) == [
        BadRow("table.jsonl", 1, "a column name or value holds half a surrogate pair")
    ]


def test_a_label_of_bytes_that_are_no_text_cannot_be_used(tmp_path: Path) -> None:
    path = write_table(tmp_path, "parquet", [{"text": "a", "label": b"\xff"}])
    assert read(path) == [BadRow("reviews.parquet", 1, "column 'label' is not UTF-8")]
