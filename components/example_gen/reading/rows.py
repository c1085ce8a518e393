"""Stream the rows of a source file in any format: each one usable, or with the reason why not."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from bert_aas.tables.formats.delimited import read_delimited
from bert_aas.tables.formats.json_lines import read_jsonl
from bert_aas.tables.formats.parquet import read_parquet
from bert_aas.tables.sources import SourceFile
from bert_aas.tables.times import read_time
from bert_aas.tables.values import (
    Record,
    Value,
    is_unicode,
    spelt,
    spelt_label,
    text_problem,
)
from components.example_gen.params import DataParams, SplitBy, SplitFractions
from components.example_gen.reading.label_text import read_label
from components.example_gen.reading.tfrecord_rows import read_tfrecord

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
        trimmed: Whether blanks around the label were cut off.
    """

    file: str
    line: int
    number: int
    values: dict[str, Value]
    trimmed: bool = False


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


def required_columns(params: DataParams) -> tuple[str, ...]:
    """List the columns that must be there: the named ones, and the one that decides the split."""
    by = params.deciding.column
    return tuple(dict.fromkeys((*named_columns(params), *((by,) if by else ()))))


def no_label(params: DataParams) -> str:
    """Say that a row has no label; `BadRow.reason` is this for each of them."""
    return f"no label (column '{params.label_column}')"


def split_problem(values: Mapping[str, Value], by: SplitBy) -> str | None:
    """Say why a row's split cannot be told.

    Args:
        values: The row's values by column.
        by: What decides the split.

    Returns:
        The reason, without the value; none if each row has a split.
    """
    if by.split is not None and values.get(by.split) not in SplitFractions.model_fields:
        return f"neither train, eval nor test (column '{by.split}')"
    return _time_problem(values, by.time) if by.time else None


def _time_problem(values: Mapping[str, Value], column: str) -> str | None:
    if read_time(values.get(column)) is not None:
        return None
    if values.get(column) in {None, ""}:
        return f"no time (column '{column}')"
    return f"neither an ISO 8601 time nor seconds since 1970 (column '{column}')"


def read_rows(source: SourceFile, params: DataParams) -> Iterator[Row | BadRow]:
    """Stream a file's rows in bounded memory.

    Args:
        source: The file.
        params: Names the columns that must be there.

    Yields:
        Every row, in the file's order.

    Raises:
        InvalidInputError: If the file cannot be read, is empty or lacks a column.
    """
    records = _READERS[source.format](source, required_columns(params))
    yield from judged(partitioned(records, source), source.name, params)


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
        problem = _spell(content, named, params.label_column)
        label = content.get(params.label_column)
        problem = problem or _problem(content, params)
        if problem:
            yield BadRow(file, line, problem)
        else:
            new = content[params.label_column]
            yield Row(file, line, number, content, new is not None and new != label)


def partitioned(records: Iterable[Record], source: SourceFile) -> Iterable[Record]:
    """Add what the file's folders say (`label=1/`) to its records; its own columns come first."""
    if not source.partitions:
        return records
    given = dict(source.partitions)
    return (
        (line, content if isinstance(content, str) else given | content)
        for line, content in records
    )


def _spell(values: dict[str, Value], named: tuple[str, ...], label: str) -> str | None:
    """Turn what is in named columns into text, in place, or say why that is not possible."""
    for name in named:
        value = values.get(name)
        if isinstance(value, str) and "\0" not in value:
            continue
        problem = text_problem(name, value)
        if problem:
            return problem
        if value is not None:
            values[name] = spelt(spelt_label(value) if name == label else value)
    return None


def _problem(values: dict[str, Value], params: DataParams) -> str | None:
    label, problem = read_label(str(values.get(params.label_column) or ""))
    if not label and params.unlabelled != "keep":
        return no_label(params)
    if problem:
        return f"{problem} inside the label (column '{params.label_column}')"
    values[params.label_column] = label or None
    for name, value in values.items():
        if not is_unicode(name) or (isinstance(value, str) and not is_unicode(value)):
            return "a column name or value is not valid Unicode (half a surrogate pair)"
    return split_problem(values, params.deciding)
