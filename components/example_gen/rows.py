"""Stream the rows of a source file in any format: each one usable, or with the reason why not."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from components.example_gen.delimited import read_delimited
from components.example_gen.label_text import read_label
from components.example_gen.params import DataParams
from components.example_gen.records import (
    Record,
    Value,
    read_jsonl,
    read_parquet,
    read_tfrecord,
)
from components.example_gen.sources import SourceFile

_Reader = Callable[[SourceFile, tuple[str, ...]], Iterator[Record]]

_READERS: dict[str, _Reader] = {
    "csv": read_delimited,
    "tsv": read_delimited,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "tfrecord": read_tfrecord,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A usable row.

    Attributes:
        file: Name of its file.
        line: First physical line (text formats) or row number (others); 1 is the first.
        number: Row number in its file, unusable rows counted; 1 is the first.
        values: By column. Text, pair, label and key are str or, missing, None.
    """

    file: str
    line: int
    number: int
    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used; `reason` never holds the row's text."""

    file: str
    line: int
    reason: str


def named_columns(params: DataParams) -> tuple[str, ...]:
    """List the columns that the parameters name; their values are kept exactly as spelt."""
    names = (params.text_column, params.text_pair_column, params.label_column, params.key_column)
    return tuple(name for name in names if name is not None)


def read_rows(source: SourceFile, params: DataParams) -> Iterator[Row | BadRow]:
    """Stream a file's rows in bounded memory.

    Args:
        source: The file.
        params: Names the columns that must be there.

    Yields:
        Every row, in the file's order.

    Raises:
        InvalidInputError: If the file cannot be read, is empty or lacks a column.
    """  # noqa: DOC502 - raised by what it calls
    records = _READERS[source.format](source, named_columns(params))
    yield from judged(records, source.name, params)


def judged(
    records: Iterable[Record], file: str, params: DataParams, first: int = 1
) -> Iterator[Row | BadRow]:
    """Tell usable records from others.

    Args:
        records: A file's records; values of named columns are spelt as text, in place.
        file: Its name.
        params: Names the columns.
        first: Row number of the first record.

    Yields:
        Every row, in the same order.
    """
    named = named_columns(params)
    for number, (line, content) in enumerate(records, start=first):
        if isinstance(content, str):
            yield BadRow(file, line, content)
            continue
        problem = _spell(content, named) or _problem(content, params)
        if problem:
            yield BadRow(file, line, problem)
        else:
            yield Row(file, line, number, content)


def _spell(values: dict[str, Value], named: tuple[str, ...]) -> str | None:
    """Turn numbers in named columns into text as Python spells them, in place."""
    for name in named:
        value = values.get(name)
        if isinstance(value, bytes):
            return f"column '{name}' is not UTF-8"
        if isinstance(value, (int, float)):
            values[name] = str(value)
    return None


def _problem(values: dict[str, Value], params: DataParams) -> str | None:
    label, problem = read_label(str(values.get(params.label_column) or ""))
    if not label:
        return f"no label (column '{params.label_column}')"
    if problem:
        return f"{problem} inside the label (column '{params.label_column}')"
    values[params.label_column] = label
    for name, value in values.items():
        if not _is_unicode(name) or (isinstance(value, str) and not _is_unicode(value)):
            return "a column name or value holds half a surrogate pair"
    return None


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
