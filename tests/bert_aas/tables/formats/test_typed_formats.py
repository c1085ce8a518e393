from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.arrow import pa
from bert_aas.tables.arrow import parquet as pq
from bert_aas.tables.finding import TablePath
from bert_aas.tables.formats.json_lines import read_jsonl
from bert_aas.tables.formats.parquet import read_parquet
from bert_aas.tables.reading import read_table
from bert_aas.tables.sources import Format, SourceFile
from bert_aas.tables.values import Record
from components.example_gen.reading.tfrecord_rows import read_tfrecord
from tests.components.example_gen.tables import compress, reviews, write_table

REQUIRED = ("text", "label")
Reader = Callable[[SourceFile, tuple[str, ...]], Iterator[Record]]


def source_for(path: Path, file_format: Format) -> SourceFile:
    return SourceFile(str(path), path.name, file_format, path.stat().st_size)


def read_lines(folder: Path, content: bytes) -> list[Record]:
    path = folder / "table.jsonl"
    path.write_bytes(content)
    return list(read_jsonl(source_for(path, "jsonl"), REQUIRED))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("file_format", "reader"),
    [("jsonl", read_jsonl), ("parquet", read_parquet), ("tfrecord", read_tfrecord)],
)
def test_rows_come_back_as_written(
    tmp_path: Path, file_format: Format, reader: Reader, packed: bool
) -> None:
    path = write_table(tmp_path, file_format, reviews(3))
    source = source_for(compress(path) if packed else path, file_format)
    rows = [values for _, values in reader(source, REQUIRED)]
    missing = {"price": None}
    assert [missing | row if isinstance(row, dict) else row for row in rows] == reviews(3)


def test_json_values_of_every_kind_become_plain(tmp_path: Path) -> None:
    line = b'{"text": "a", "label": -1, "x": [1, "\xc3\xa4"], "y": true, "z": NaN, "n": null}\n\n'
    assert read_lines(tmp_path, b"\xef\xbb\xbf" + line) == [
        (1, {"text": "a", "label": -1, "x": '[1, "ä"]', "y": "true", "z": None, "n": None})
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "a"', "broken JSON at position 14: Expecting ',' delimiter"),
        (b"[1, 2]", "a JSON value that is not an object"),
        (
            b'{"text": "a", "label": 1, "text": "a"}',
            "the key 'text' appears twice in one JSON object",
        ),
        (b'{"text": {"x": 1, "x": 2}}', "the key 'x' appears twice in one JSON object"),
        (b'{"text": "\xe9"}', "not UTF-8: byte 0xe9 at position 11"),
        (b"[" * 100_000, "JSON that is nested too deeply"),
    ],
)
def test_a_broken_line_spoils_one_row_only(tmp_path: Path, line: bytes, reason: str) -> None:
    good = b'{"text": "a", "label": "1"}\n'
    rows = read_lines(tmp_path, good + line + b"\n" + good)
    assert rows[1] == (2, reason)
    assert rows[2] == (3, {"text": "a", "label": "1"})


def test_a_column_in_none_of_the_first_rows_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no column 'label'; its columns are 'text', 'x'"):
        read_lines(tmp_path, b'{"text": "a"}\n{"text": "b", "x": 1}\n')


def test_a_text_absent_from_some_rows_is_fine(tmp_path: Path) -> None:
    rows = read_lines(tmp_path, b'{"label": "1"}\n{"text": "b", "label": "0"}\n')
    assert rows[0] == (1, {"label": "1"})


def test_a_parquet_column_that_is_missing_is_refused(tmp_path: Path) -> None:
    path = write_table(tmp_path, "parquet", [{"body": "a", "label": "1"}])
    with pytest.raises(InvalidInputError, match="no column 'text'; its columns are 'body'"):
        list(read_parquet(source_for(path, "parquet"), REQUIRED))


def test_a_parquet_file_without_row_groups_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.ParquetWriter(path, pa.schema([("text", pa.string()), ("label", pa.string())])).close()
    assert list(read_parquet(source_for(path, "parquet"), REQUIRED)) == []


def test_parquet_bytes_that_are_not_utf8_spoil_one_row_only(tmp_path: Path) -> None:
    texts = pa.array([b"a", b"b\xff", b"c"]).cast(pa.string(), safe=False)
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"text": texts, "label": ["1", "0", "1"]}), path)
    rows = list(read_parquet(source_for(path, "parquet"), REQUIRED))
    assert rows[1] == (2, "not UTF-8: byte 0xff at position 2 in column 'text'")
    assert rows[2] == (3, {"text": "c", "label": "1"})


@pytest.mark.parametrize(
    ("file_format", "reader"), [("parquet", read_parquet), ("tfrecord", read_tfrecord)]
)
def test_a_file_of_another_format_is_refused(
    tmp_path: Path, file_format: Format, reader: Reader
) -> None:
    path = tmp_path / "table"
    path.write_bytes(b"text,label\nshort,1\n" * 10)
    with pytest.raises(InvalidInputError, match=r"'table' is not a .* file, or is damaged"):
        list(reader(source_for(path, file_format), REQUIRED))


def test_a_truncated_gzip_file_is_refused(tmp_path: Path) -> None:
    path = compress(write_table(tmp_path, "jsonl", reviews(500)))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InvalidInputError, match=r"'reviews.jsonl.gz' is a damaged gzip file"):
        list(read_jsonl(source_for(path, "jsonl"), REQUIRED))


def test_no_thread_of_arrow_holds_our_stream(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that lets go of it while the process ends aborts it, now and then."""
    asked = []

    class Recorded(pq.ParquetFile):
        def read(self, *_: Any, **options: Any) -> Any:
            asked.append(options["use_threads"])
            return super().read(**options)

        def iter_batches(self, *_: Any, **options: Any) -> Any:
            asked.append(options["use_threads"])
            return super().iter_batches(**options)

    monkeypatch.setattr(pq, "ParquetFile", Recorded)
    path = write_table(tmp_path, "parquet", reviews(3))
    assert len(list(read_parquet(source_for(path, "parquet"), REQUIRED))) == 3
    assert len(read_table(TablePath(str(path)), ("text",))) == 3
    assert asked == [False, False]
