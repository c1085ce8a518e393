"""Answers as files: each format holds the same values."""

import csv
import io
import json
from pathlib import Path

import pytest

from bert_aas.catalogue.sql.asking import asked
from bert_aas.catalogue.sql.writing import format_of_file, write_answer
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.arrow import parquet
from tests.bert_aas.catalogue.projects import LIMITS

QUERY = """
SELECT 1 AS whole, 2.5 AS broken, 'a, "b"' || chr(10) AS text, DATE '2026-01-02' AS day,
       [1, NULL] AS list, {'k': DATE '2026-01-02'} AS struct, NULL AS nothing, 'nan'::DOUBLE AS nan,
       sum(9223372036854775807) AS large FROM range(2)
"""


def written(query: str, file_format: str) -> bytes:
    stream = io.BytesIO()
    with asked(query, [], LIMITS) as answer:
        write_answer(answer, file_format, stream)
    return stream.getvalue()


@pytest.mark.parametrize(("file_format", "separator"), [("csv", ","), ("tsv", "\t")])
def test_fields(file_format: str, separator: str) -> None:
    text = written(QUERY, file_format).decode()
    header, row = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    assert header[:2] == ["whole", "broken"]
    nested = ["[1, null]", '{"k": "2026-01-02"}']
    assert row == ["1", "2.5", 'a, "b"\n', "2026-01-02", *nested, "", "", "18446744073709551614"]


@pytest.mark.parametrize("file_format", ["json", "jsonl"])
def test_objects(file_format: str) -> None:
    text = written(QUERY, file_format)
    (row,) = json.loads(text) if file_format == "json" else [json.loads(text)]
    assert list(row.values()) == [
        *(1, 2.5, 'a, "b"\n', "2026-01-02", [1, None], {"k": "2026-01-02"}, None, None),
        18446744073709551614,
    ]


def test_parquet() -> None:
    table = parquet.read_table(io.BytesIO(written(QUERY, "parquet")))
    (row,) = table.to_pylist()
    assert (row["whole"], row["list"], row["day"].isoformat()) == (1, [1, None], "2026-01-02")


@pytest.mark.parametrize(
    ("file_format", "content"),
    [("csv", b"a\r\n"), ("json", b"[\n\n]\n"), ("jsonl", b"")],
)
def test_no_rows(file_format: str, content: bytes) -> None:
    assert written("SELECT 1 AS a WHERE false", file_format) == content
    if file_format == "json":
        assert json.loads(content) == []


def test_many_rows() -> None:
    text = written("SELECT i FROM range(10_000) t(i)", "json")
    assert [row["i"] for row in json.loads(text)] == list(range(10_000))
    assert parquet.read_table(
        io.BytesIO(written("SELECT i FROM range(10_000) t(i)", "parquet"))
    ).num_rows == (10_000)


def test_two_columns_of_one_name() -> None:
    assert written("SELECT 1 AS a, 2 AS a", "csv") == b"a,a\r\n1,2\r\n"
    with pytest.raises(InvalidInputError, match="two columns of the answer are called 'a'"):
        written("SELECT 1 AS a, 2 AS a", "json")


def test_bytes_that_are_no_text() -> None:
    assert written("SELECT 'x'::BLOB AS b", "csv") == b"b\r\nx\r\n"
    with pytest.raises(InvalidInputError, match="'b' holds bytes that are no text"):
        written(r"SELECT '\xff'::BLOB AS b", "csv")


def test_a_file_says_its_format() -> None:
    assert format_of_file(Path("a.CSV")) == "csv"
    assert format_of_file(Path("a.ndjson")) == "jsonl"
    with pytest.raises(InvalidInputError, match="unknown extension"):
        format_of_file(Path("a.xlsx"))


@pytest.mark.parametrize("file_format", ["csv", "json", "parquet"])
def test_an_error_far_down_is_a_sentence(file_format: str) -> None:
    query = (
        "SELECT CAST(CASE WHEN i > 90000 THEN 'x' ELSE '1' END AS INT) AS n FROM range(99999) t(i)"
    )
    with pytest.raises(InvalidInputError, match="Could not convert string 'x'"):
        written(query, file_format)
