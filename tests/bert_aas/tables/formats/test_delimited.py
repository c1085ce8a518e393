from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.formats.delimited import MAX_FIELD_CHARS, read_delimited
from bert_aas.tables.sources import ReadOptions, SourceFile
from bert_aas.tables.values import Record

HEADER = b"text,label\n"


def read(folder: Path, content: bytes, file_format: str = "csv", **options: Any) -> list[Record]:
    path = folder / f"table.{file_format}"
    path.write_bytes(content)
    source = SourceFile(
        str(path),
        path.name,
        file_format,  # type: ignore[arg-type]
        len(content),
        options=ReadOptions(label_column="label", reserved=("row_key",), **options),
    )
    return list(read_delimited(source, ("text", "label")))


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_any_line_ending_ends_a_record(tmp_path: Path, end: bytes) -> None:
    rows = read(tmp_path, b"text,label" + end + b"good,1" + end + b"bad,0")
    assert rows == [(2, {"text": "good", "label": "1"}), (3, {"text": "bad", "label": "0"})]


def test_quoted_commas_quotes_and_line_breaks_stay_in_their_field(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + b'"one, two\r\n\n""three""",1\nplain,0\n')
    assert rows == [
        (2, {"text": 'one, two\r\n\n"three"', "label": "1"}),
        (5, {"text": "plain", "label": "0"}),
    ]


def test_tabs_separate_in_tsv(tmp_path: Path) -> None:
    assert read(tmp_path, b'text\tlabel\n"a\tb, c"\t1\n', "tsv") == [
        (2, {"text": "a\tb, c", "label": "1"})
    ]


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + HEADER + b"a,1\n") == [(2, {"text": "a", "label": "1"})]


def test_an_empty_field_is_missing_and_a_blank_line_is_no_row(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER + b'\n"",1\n\n') == [(3, {"text": None, "label": "1"})]


def test_a_nul_character_is_kept(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER + b"a\0b,1\n") == [(2, {"text": "a\0b", "label": "1"})]


def test_a_field_beyond_the_default_limit_of_csv_is_read(tmp_path: Path) -> None:
    [(_, values)] = read(tmp_path, HEADER + b"x" * 1_000_000 + b",1\n")
    assert isinstance(values, dict)
    assert values["text"] == "x" * 1_000_000


def test_a_wrong_number_of_fields_spoils_one_row_only(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + b"a,b,1\nlonely\ngood,1\n")
    assert rows == [
        (2, "3 fields where the header has 2"),
        (3, "1 field where the header has 2"),
        (4, {"text": "good", "label": "1"}),
    ]


def test_bytes_that_are_not_utf8_are_placed(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + b'fine,1\n"two\nlines: \xc3\xbc\xe9",0\nalso fine,1\n')
    assert rows[1] == (3, "not UTF-8: byte 0xe9 at position 10 of line 4")
    assert rows[2] == (5, {"text": "also fine", "label": "1"})


def test_reading_goes_on_after_a_quote_that_is_never_closed(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + b'a,1\n"open,0\nb,1\nc,0\n')
    assert rows[1] == (3, "a quote is not closed before the file ends")
    assert rows[2:] == [(4, {"text": "b", "label": "1"}), (5, {"text": "c", "label": "0"})]


def test_a_quote_closed_by_a_later_row_spoils_one_row_only(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + b'"open,0\nb,1\n"c, d",0\n')
    assert rows[0][0] == 2
    assert "so a closing quote may be missing" in str(rows[0][1])
    assert rows[1:] == [(3, {"text": "b", "label": "1"}), (4, {"text": "c, d", "label": "0"})]


def test_the_tail_of_a_broken_record_is_not_taken_for_a_row(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + b'"first\nsecond" loose,0\nb,1\n')
    assert rows[1] == (3, "a quote inside a field that is not quoted")
    assert rows[2] == (4, {"text": "b", "label": "1"})


def test_an_unclosed_quote_does_not_collect_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bert_aas.tables.formats.delimited.MAX_FIELD_CHARS", 200)
    rows = read(tmp_path, HEADER + b'"open,0\n' + b"row,1\n" * 100)
    assert rows[0] == (2, "a quote is not closed, or a field is longer than 200 characters")
    assert rows[1:] == [(line, {"text": "row", "label": "1"}) for line in range(3, 103)]
    assert MAX_FIELD_CHARS > 1_000_000


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "data.path: 'table.csv' is empty; it needs a header and rows."),
        (b"\n\n", "data.path: 'table.csv' is empty; it needs a header and rows."),
        (
            b"body,stars\na,1\n",
            "data.path: 'table.csv' has no column 'text'; its columns are 'body', 'stars'. "
            "A file without a header line needs one.",
        ),
        (
            b"text,label,text\n",
            "data.path: 'table.csv' names the column 'text' more than once; "
            "each column needs a name of its own. A file without a header line needs one.",
        ),
        (
            "text,läbel\n".encode("latin-1"),
            "data.path: 'table.csv': the header (line 1) cannot be read: not UTF-8: byte 0xe4 at "
            "position 7 of line 1. Name the file's encoding with data.encoding, e.g. cp1252.",
        ),
        (
            b"text,label,row_key\n",
            "data.path: 'table.csv' has a column 'row_key', a name that the pipeline itself uses; "
            "rename it, or set data.key_column: row_key to use it as the row's key.",
        ),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        read(tmp_path, content)
    assert str(refusal.value) == sentence


def test_a_column_without_name_is_called_by_its_position(tmp_path: Path) -> None:
    assert read(tmp_path, b",text,label\n0,a,1\n") == [
        (2, {"column_1": "0", "text": "a", "label": "1"})
    ]
