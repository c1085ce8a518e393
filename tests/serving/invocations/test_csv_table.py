import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.errors import InvalidArgumentError
from serving.invocations.csv_table import read_table, write_table

FUZZ = settings(deadline=None, database=None, max_examples=100)
FIELDS = st.text(st.sampled_from('a,"\n\r ;é\0'), max_size=6)


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]),
        ("a", [["a"]]),
        ("", []),
        ("\n", [[""]]),
        ("a\n\nb", [["a"], [""], ["b"]]),
        ("a,\n", [["a", ""]]),
        ('"two\r\nlines","a ""word"", quoted"', [["two\r\nlines", 'a "word", quoted']]),
        ('a 5" screen,x', [['a 5" screen', "x"]]),
        ("\ufeffa", [["a"]]),
    ],
)
def test_rows(body: str, rows: list[list[str]]) -> None:
    assert read_table(body.encode()) == rows


def test_the_line_that_names_the_columns() -> None:
    assert read_table(b"text\nfine\n", has_header=True) == [["fine"]]


@pytest.mark.parametrize("body", [b'a\nb,"open', b'a\nb,"x"y'])
def test_a_broken_field(body: bytes) -> None:
    with pytest.raises(InvalidArgumentError, match="Row 2 of the CSV is broken at its field 2"):
        read_table(body)


def test_a_field_beyond_the_limit_of_the_standard_library() -> None:
    text = "x" * (csv.field_size_limit() + 1)
    assert read_table(text.encode()) == [[text]]


@FUZZ
@given(st.lists(st.lists(FIELDS, min_size=1, max_size=3), max_size=4))
def test_what_is_written_is_read(rows: list[list[str]]) -> None:
    assert read_table(write_table(rows).encode()) == rows


@FUZZ
@given(st.lists(st.lists(FIELDS.map(lambda text: text.replace("\0", "")), min_size=2), min_size=1))
def test_rows_are_read_as_python_reads_them(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    assert read_table(file.getvalue().encode()) == rows
