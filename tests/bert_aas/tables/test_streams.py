"""Packed files and other encodings give the same rows; damaged ones are refused."""

import bz2
import gzip
import io
import re
import zipfile
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables import streams
from bert_aas.tables.formats.delimited import opened_table, read_delimited
from bert_aas.tables.formats.json_lines import read_jsonl
from bert_aas.tables.sources import ReadOptions, SourceFile
from bert_aas.tables.values import Record

TEXT = 'text,label\r\ngrößer „als“ 茶,1\r\n"zwei\r\nZeilen",0\r\n'
ROWS = [
    (2, {"text": "größer „als“ 茶", "label": "1"}),
    (3, {"text": "zwei\r\nZeilen", "label": "0"}),
]


def zipped(*names: str, content: bytes = TEXT.encode()) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("__MACOSX/._table.csv", b"junk")
        for name in names:
            packed.writestr(name, content)
    return stream.getvalue()


def source(folder: Path, content: bytes, name: str = "t.csv", encoding: str = "auto") -> SourceFile:
    path = folder / name
    path.write_bytes(content)
    options = ReadOptions(encoding=encoding, label_column="label")
    form = "jsonl" if "json" in name else "csv"
    return SourceFile(str(path), name, form, len(content), options=options)  # type: ignore[arg-type]


def read(table: SourceFile) -> list[Record]:
    return list(read_delimited(table, ("text", "label")))


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(TEXT.encode()), bz2.compress(TEXT.encode()), zipped("folder/table.csv")],
    ids=["gz", "bz2", "zip"],
)
def test_packed_files_are_told_by_their_bytes(tmp_path: Path, packed: bytes) -> None:
    assert read(source(tmp_path, packed)) == ROWS


@pytest.mark.parametrize(
    ("packed", "kind"),
    [
        (gzip.compress(TEXT.encode() * 50)[:-12], "gzip"),
        (bz2.compress(TEXT.encode() * 50)[:-12], "bzip2"),
        (bz2.compress(TEXT.encode() * 50)[:20] + b"junk" * 20, "bzip2"),
        (zipped("table.csv")[:-30], "zip"),
    ],
    ids=["gzip cut", "bzip2 cut", "bzip2 with junk", "zip cut"],  # gzip holds the time
)
def test_damaged_files_are_refused(tmp_path: Path, packed: bytes, kind: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"^data\.path: 't\.csv' is a damaged {kind} file"):
        read(source(tmp_path, packed))


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("", "a zip of no files"),
        ("ab", "a zip of 2 files ('a.csv', 'b.csv')"),
        ("abcd", "a zip of 4 files ('a.csv', 'b.csv', 'c.csv', ...)"),
    ],
)
def test_a_zip_holds_one_table(tmp_path: Path, names: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(f"'t.csv' is {words}; unpack it")):
        read(source(tmp_path, zipped(*(f"{name}.csv" for name in names))))


def test_a_bomb_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_ALWAYS_FINE", 100_000)
    bomb = gzip.compress(b"text,label\n" + b"a,1\n" * 2_000_000)
    with pytest.raises(InvalidInputError, match="unpacks to more than 400 times its size"):
        read(source(tmp_path, bomb))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_encodings_that_the_first_bytes_show(tmp_path: Path, encoding: str) -> None:
    table = source(tmp_path, TEXT.encode(encoding))
    assert read(table) == ROWS
    with opened_table(table, ("text",)) as opened:
        expected = f"t.csv is read as {encoding.upper()}, because its first bytes say so"
        assert opened.notices == (expected,)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "gb18030", "utf-8-sig"])
def test_encodings_that_are_named(tmp_path: Path, encoding: str) -> None:
    assert read(source(tmp_path, TEXT.encode(encoding), encoding=encoding)) == ROWS


def test_one_byte_encodings_have_to_be_named(tmp_path: Path) -> None:
    content = "text,label\ncafé 5 €,1\n".encode("cp1252")
    assert read(source(tmp_path, content)) == [(2, "not UTF-8: byte 0xe9 at position 4 of line 2")]
    assert read(source(tmp_path, content, encoding="cp1252")) == [
        (2, {"text": "café 5 €", "label": "1"})
    ]
    assert read(source(tmp_path, b"text,label\nx\x81,1\n", encoding="cp1252")) == [
        (2, "not CP1252: byte 0x81 at position 2 of line 2")
    ]


def test_a_file_of_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"cannot be read as utf-16: .*data\.encoding"):
        read(source(tmp_path, TEXT.encode("utf-16")[:-1]))


def test_json_lines_are_unpacked_and_decoded_alike(tmp_path: Path) -> None:
    line = '{"text": "größer", "label": 1}\r\n'
    for content in (line.encode("utf-16"), bz2.compress(line.encode())):
        table = source(tmp_path, content, "t.jsonl")
        assert list(read_jsonl(table, ("text",))) == [(1, {"text": "größer", "label": 1})]
