"""Batches hold what the reader of single rows finds."""

import random
from pathlib import Path

import pytest

from components import tfrecords
from components.example_gen.params import DataParams
from components.example_gen.reading import batches
from components.example_gen.reading.batches import read_batches
from components.example_gen.reading.rows import BadRow, Row, read_rows
from components.example_gen.reading.sources import find_files
from tests.components.example_gen.tables import csv_text, params_for, reviews, write_table

HEADER = b"text,label,n\n"
PIECES = (
    *(b"a,1,2\n", b'"b, ""c""",0,\r\n', b'"two\r\nlines",1,3\n', b'"",0,x\r', b"\n", b"\r\n"),
    *(
        "\u00fc,1,2\n".encode(),
        b"\xff,1,2\n",
        b"nul\0,1,2\n",
        b"few,1\n",
        b"no label, ,2\n",
        b",,\n",
    ),
    *(b"text,label,n\n", b'"x,1,2\ny,1,2\nz",0,3\n', b'"x,1,2\ny",0,3\n', b'q"uote",0,1\n'),
    *(b'5" pipe,1,2\n', b'"open,1,2\n', b'"loose" end,1,2\n', b'tail",0,2\n', b"a,1,2"),
)


def assert_same(path: Path, **changes: str) -> None:
    """Compare with the rows one by one, in every file."""
    params = params_for(path, **changes)
    for source in find_files(params):
        rows = list(read_rows(source, params))
        found = list(read_batches(source, params))
        assert [bad for batch in found for bad in batch.bad] == [
            row for row in rows if isinstance(row, BadRow)
        ]
        values = [
            (number, {name: column[place] for name, column in batch.columns.items()})
            for batch in found
            for place, number in enumerate(batch.numbers)
        ]
        assert values == [(row.number, row.values) for row in rows if isinstance(row, Row)]


@pytest.mark.parametrize("seed", range(40))
def test_any_mixture_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(batches, "_BLOCK_CHARS", 40)
    chosen = random.Random(seed)  # noqa: S311
    pieces = PIECES[: chosen.choice((6, 12, 16, len(PIECES)))]
    content = b"".join(chosen.choices(pieces, k=60))
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" * (seed % 2) + HEADER + content)
    assert_same(path)


@pytest.mark.parametrize("quoting", ["auto", "quotes", "none"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_any_mixture_in_another_dialect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str, quoting: str
) -> None:
    monkeypatch.setattr(batches, "_BLOCK_CHARS", 40)
    chosen = random.Random(f"{separator}{quoting}")  # noqa: S311
    content = HEADER + b"".join(chosen.choices(PIECES, k=60))
    path = tmp_path / "a.csv"
    path.write_bytes(content.replace(b",", separator.encode()))
    assert_same(path, quoting=quoting)


def test_columns_of_folders_are_in_every_row(tmp_path: Path) -> None:
    for label, content in (("1", b"text\na\nb\n"), ("0", b'text\n"c\nd"\nnul\0\ntext\n,\n')):
        (tmp_path / f"label={label}").mkdir()
        (tmp_path / f"label={label}" / "x.csv").write_bytes(content)
    assert_same(tmp_path)
    params = params_for(tmp_path)
    rows = [row for source in find_files(params) for row in read_rows(source, params)]
    assert [(row.values["text"], row.values["label"]) for row in rows if isinstance(row, Row)] == [
        ("c\nd", "0"),
        ("text", "0"),
        ("a", "1"),
        ("b", "1"),
    ]


@pytest.mark.parametrize("file_format", ["csv", "tsv", "jsonl", "parquet", "tfrecord"])
def test_every_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str) -> None:
    monkeypatch.setattr(tfrecords, "_BATCH_ROWS", 7)
    assert_same(write_table(tmp_path, file_format, reviews(60)))


def test_a_quote_that_is_never_closed_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_BLOCK_CHARS", 40)
    monkeypatch.setattr("bert_aas.tables.formats.delimited.MAX_FIELD_CHARS", 200)
    path = tmp_path / "a.csv"
    path.write_bytes(HEADER + b"a,1,2\n" * 30 + b'"open,0,1\n' + b"b,1,2\n" * 100)
    assert_same(path)


def test_regular_rows_are_not_looked_at_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_BLOCK_CHARS", 40)
    monkeypatch.setattr(batches, "judged", lambda records, *_: pytest.fail(str([*records])))
    path = tmp_path / "a.csv"
    header, rows = csv_text(reviews(60), newline="\r\n").split("\r\n", 1)
    path.write_bytes(f"{header}\r\n{rows}\n{rows}".encode())
    source, params = find_files(params_for(path))[0], params_for(path)
    assert sum(len(batch.numbers) for batch in read_batches(source, params)) == 120


def test_reading_is_by_the_block_again_after_a_row_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = b"a,1,2\n" * (batches._BLOCK_CHARS // 6)
    path.write_bytes(HEADER + b'"loose" end,1,2\n' + rows * 3)
    source, params = find_files(params_for(path))[0], DataParams(path=str(path))
    found = list(read_batches(source, params))
    assert [len(batch.bad) for batch in found][:2] == [1, 0]
    assert isinstance(found[-1].numbers, range)
