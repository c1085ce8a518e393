"""Tables keep their rows, columns and order through every format."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from models.errors import InvalidInputError
from pipeline.tables import FORMATS, Table, read_table, write_table

ROWS: list[dict[str, Any]] = [
    {"id": "7", "text": 'Tea, "strong"\nand hot\tsoon'},
    {"id": "3", "text": ""},
    {"id": "5", "text": "  größer 茶  "},
    {"id": "6", "text": "one\r\ntwo\rthree"},
]


def table(path: Path, rows: list[dict[str, Any]] = ROWS) -> Table:
    return Table(path, ("id", "text"), rows)


@pytest.mark.parametrize("suffix", FORMATS)
def test_round_trip(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table{suffix}"
    write_table(table(path), path)
    assert read_table(path) == table(path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_a_table_without_rows_keeps_its_columns(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"empty{suffix}"
    write_table(table(path, []), path)
    assert read_table(path) == table(path, [])


def test_parquet_keeps_types_and_missing_values(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"id": 1, "text": None}, {"id": 2, "text": "x"}]
    path = tmp_path / "typed.parquet"
    write_table(table(path, rows), path)
    assert read_table(path).rows == rows


def test_dates_become_texts_in_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "dates.jsonl"
    write_table(table(path, [{"id": date(2026, 1, 31), "text": "x"}]), path)
    assert read_table(path).texts("id") == ["2026-01-31"]


def test_json_lines_may_differ_in_their_keys(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"a": 1}\n\n{"b": null, "a": 2}\n')
    found = read_table(path)
    assert found.columns == ("a", "b")
    assert found.texts("b") == ["", ""]
    assert found.texts("a") == ["1", "2"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "excel.CSV"
    path.write_bytes(b"\xef\xbb\xbfid,text\r\n1,a\r\n")
    assert read_table(path).rows == [{"id": "1", "text": "a"}]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text("id,text\n\n1,a\n\n")
    assert read_table(path).rows == [{"id": "1", "text": "a"}]


def test_a_blank_line_is_a_row_where_there_is_one_column(tmp_path: Path) -> None:
    """What `write_table` writes for an empty text must come back as one."""
    path = tmp_path / "one.csv"
    one = Table(path, ("text",), [{"text": "a"}, {"text": ""}, {"text": "b"}])
    write_table(one, path)
    assert read_table(path).rows == one.rows


def test_long_fields_are_read(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(f"text\n{'word ' * 50_000}\n")
    assert len(read_table(path).texts("text")[0]) == 250_000


def test_added_columns_come_last_and_in_order() -> None:
    found = table(Path("t.csv")).with_columns({"label": list("xyzw"), "p": [1.0, 2.0, 3.0, 4.0]})
    assert found.columns == ("id", "text", "label", "p")
    assert found.rows[2] == {**ROWS[2], "label": "z", "p": 3.0}
    assert "label" not in ROWS[2]


def test_a_column_that_is_there_is_not_overwritten() -> None:
    with pytest.raises(InvalidInputError, match=r"t\.csv already has a column 'id'; rename it"):
        table(Path("t.csv")).with_columns({"id": list("xyzw")})


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    with pytest.raises(InvalidInputError, match=r"t\.csv has no column 'body'; it has id, text$"):
        table(Path("t.csv")).texts("body")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("t.xlsx", b"", "has an unknown extension; known are .csv, .tsv, .jsonl, .parquet"),
        ("t", b"", "has an unknown extension"),
        ("t.csv", "größer".encode("latin-1"), "is not UTF-8: byte 2 cannot be decoded"),
        ("t.csv", b"id,text\n1,a\n2\n", "line 3: 1 fields, but the header has 2"),
        ("t.csv", b'id,text\n1,"a', "is not a csv file: unexpected end of data"),
        ("t.csv", b"id,text,id\n1,a,2\n", "has the column 'id' twice"),
        ("t.jsonl", b'{"a": 1}\n{"a"\n', "is not a jsonl file: "),
        ("t.jsonl", b"[1]\n", "has a line that is not a JSON object"),
        ("t.parquet", b"id,text\n", "is not a Parquet file"),
    ],
)
def test_refused_files(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match=re.escape(sentence)) as refused:
        read_table(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["none.csv", "none.jsonl", "none.parquet"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match=f"{name} cannot be read: No such file"):
        read_table(tmp_path / name)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_missing_folder_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "none" / f"out{suffix}"
    with pytest.raises(InvalidInputError, match="cannot be written: No such file"):
        write_table(table(path), path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id\n1\n")
    with pytest.raises(ValueError, match="not in fieldnames"):
        write_table(table(path, [{"other": ""}]), path)
    assert path.read_text() == "id\n1\n"
    assert list(tmp_path.iterdir()) == [path]


def test_json_lines_are_written_readably(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    write_table(table(path), path)
    assert "größer 茶" in path.read_text(encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0]) == ROWS[0]
