from decimal import Decimal
from pathlib import Path

import pytest

from bert_aas.tables.arrow import pa, parquet
from components.example_gen.reading.rows import BadRow, Row, read_rows
from components.example_gen.reading.sources import find_files
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


def test_labels_that_are_numbers_are_spelt_by_their_value(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    labels = ["1", "-1", "1.5", "2.0", "-0.0", "1e22", "true", '"2.0"']
    path.write_text("".join(f'{{"text": "a", "label": {label}}}\n' for label in labels))
    found = [row.values["label"] for row in read(path) if isinstance(row, Row)]
    assert found == ["1", "-1", "1.5", "2", "0", "1e+22", "true", "2.0"]


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
        BadRow(
            "table.jsonl", 1, "a column name or value is not valid Unicode (half a surrogate pair)"
        )
    ]


def test_a_label_of_bytes_that_are_no_text_cannot_be_used(tmp_path: Path) -> None:
    path = write_table(tmp_path, "parquet", [{"text": "a", "label": b"\xff"}])
    assert read(path) == [BadRow("reviews.parquet", 1, "column 'label' is not UTF-8")]


def test_numbers_of_any_stored_type_are_one_class(tmp_path: Path) -> None:
    """0 and 0.0 in two files, 0.1 in half the precision: one class each."""
    types = (pa.int64(), pa.float64(), pa.int8(), pa.float32(), pa.decimal128(21, 2), pa.string())
    for place, kind in enumerate(types):
        values = pa.array(["0", "1"]) if kind == pa.string() else pa.array([0, 1]).cast(kind)
        table = pa.table({"text": ["a", "b"], "label": values})
        parquet.write_table(table, tmp_path / f"{place}.parquet")
    found = [row.values["label"] for row in read(tmp_path) if isinstance(row, Row)]
    assert found == ["0", "1"] * len(types)


def test_fractions_have_the_digits_of_their_own_precision(tmp_path: Path) -> None:
    values = [pa.array([0.1, 2.5], kind) for kind in (pa.float32(), pa.float64())]
    values.append(pa.array([Decimal("0.10"), Decimal("2.50")]))
    for place, labels in enumerate(values):
        table = pa.table({"text": ["a", "b"], "label": labels})
        parquet.write_table(table, tmp_path / f"{place}.parquet")
    found = [row.values["label"] for row in read(tmp_path) if isinstance(row, Row)]
    assert found == ["0.1", "2.5"] * 3


def test_labels_in_text_tables_stay_as_they_are_spelt(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\na,0\nb,0.0\nc,00\nd,1e0\n")
    found = [row.values["label"] for row in read(tmp_path) if isinstance(row, Row)]
    assert found == ["0", "0.0", "00", "1e0"]


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_a_nul_in_a_text_cannot_be_used(tmp_path: Path, file_format: str) -> None:
    path = write_table(tmp_path, file_format, [{"text": "a\0b", "label": "1"}])
    [found] = read(path)
    assert isinstance(found, BadRow)
    assert found.reason.startswith("column 'text' holds a NUL character; remove it")


def test_values_that_cannot_be_read_spoil_their_row(tmp_path: Path) -> None:
    when = pa.array([0, 10**13], pa.timestamp("s"))
    table = pa.table({"text": ["a", "b"], "label": ["1", "0"], "when": when})
    parquet.write_table(table, tmp_path / "a.parquet")
    good, bad = read(tmp_path)
    assert isinstance(good, Row)
    assert isinstance(bad, BadRow)
    assert "in column 'when'" in bad.reason
