"""Read the rows of a source file column by column, a batch at a time.

Most blocks of a CSV file hold nothing to object to: `csv` splits such a block as a whole, and no
Python runs for each of its rows. Blocks with anything unusual go row by row through `rows`.
"""

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from components.example_gen.delimited import Table, opened_table
from components.example_gen.label_text import is_plain_label
from components.example_gen.params import DataParams
from components.example_gen.records import Value
from components.example_gen.rows import BadRow, Row, judged, named_columns, read_rows
from components.example_gen.sources import SourceFile
from components.tfrecords import batched

# About 300 rows: larger blocks make lists enough to set off the garbage collector, which walks
# through all that TensorFlow keeps (0.4 s each time).
_BLOCK_CHARS = 64 * 1024


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Some rows of one file.

    Attributes:
        file: Name of the file.
        numbers: Row numbers of the usable rows in the file, unusable ones counted; 1 is the first.
        columns: The usable rows' values by column, each as long as `numbers`; missing is None.
        bad: Rows that cannot be used.
    """

    file: str
    numbers: Sequence[int]
    columns: dict[str, Sequence[Value]]
    bad: Sequence[BadRow] = ()

    def column(self, name: str) -> Sequence[Value]:
        """Return a column's values; None for each row if there is no such column."""
        found = self.columns.get(name)
        return (None,) * len(self.numbers) if found is None else found

    def head(self, count: int) -> "RowBatch":
        """Return the first usable rows and all that are not usable."""
        columns = {name: values[:count] for name, values in self.columns.items()}
        return RowBatch(self.file, self.numbers[:count], columns, self.bad)


def read_batches(source: SourceFile, params: DataParams) -> Iterator[RowBatch]:
    """Stream what `read_rows` streams, in batches and bounded memory.

    Args:
        source: The file.
        params: Names the columns that must be there.

    Yields:
        Batches that hold every row, in the file's order but for the unusable rows of a batch.

    Raises:
        InvalidInputError: If the file cannot be read, is empty or lacks a column.
    """  # noqa: DOC502 - raised by what it calls
    if source.format in {"csv", "tsv"}:
        yield from _delimited_batches(source, params)
    else:
        yield from _grouped(read_rows(source, params), source.name)


def _delimited_batches(source: SourceFile, params: DataParams) -> Iterator[RowBatch]:
    number = 1
    with opened_table(source, named_columns(params)) as table:
        label = table.columns.index(params.label_column)
        while lines := table.text.readlines(_BLOCK_CHARS):
            rows = _regular_rows(lines, table, label)
            if rows is not None:
                table.splitter.skip(len(lines))
                yield _of_fields(rows, table.columns, source.name, number)
                number += len(rows)
                continue
            records = table.splitter.records_from(lines)
            for batch in _grouped(judged(records, source.name, params, number), source.name):
                yield batch
                number += len(batch.numbers) + len(batch.bad)


def _regular_rows(lines: list[str], table: Table, label: int) -> list[list[str]] | None:
    """Split lines into rows, unless there is anything in them that has to be looked at.

    Args:
        lines: Lines that begin with a row; those that the last row goes on over are added.
        table: Where they come from.
        label: Place of the column that no row may lack.

    Returns:
        The fields of each row, or None.
    """
    rows = _split(lines, table)
    if rows is None or not _is_plain("".join(lines)):
        return None
    if set(map(len, rows)) - {len(table.columns)}:
        return None
    return rows if all(map(is_plain_label, {row[label] for row in rows})) else None


def _split(lines: list[str], table: Table) -> list[list[str]] | None:
    wanted = len(lines)
    feed = itertools.chain(tuple(lines), _noted(table.text, lines))
    reader = csv.reader(feed, delimiter=table.delimiter, strict=True)
    rows = []
    try:
        for fields in reader:
            if fields:  # a blank line has none
                rows.append(fields)
            if reader.line_num >= wanted:
                break
    except csv.Error:
        return None
    return rows


def _noted(text: Iterable[str], lines: list[str]) -> Iterator[str]:
    for line in text:
        lines.append(line)
        yield line


def _is_plain(content: str) -> bool:
    """Tell whether a text holds neither NUL nor bytes that were not UTF-8."""
    if "\0" in content:
        return False
    try:
        content.encode()
    except UnicodeEncodeError:
        return False
    return True


def _of_fields(rows: list[list[str]], names: list[str], file: str, first: int) -> RowBatch:
    columns: dict[str, Sequence[Value]] = {}
    for name, fields in zip(names, zip(*rows, strict=True), strict=False):
        columns[name] = [field or None for field in fields] if "" in fields else fields
    return RowBatch(file, range(first, first + len(rows)), columns)


def _grouped(rows: Iterator[Row | BadRow], file: str) -> Iterator[RowBatch]:
    for group in batched(rows):
        good = [row for row in group if isinstance(row, Row)]
        names = dict.fromkeys(name for row in good for name in row.values)
        yield RowBatch(
            file,
            [row.number for row in good],
            {name: [row.values.get(name) for row in good] for name in names},
            [row for row in group if isinstance(row, BadRow)],
        )
