"""Read the rows of a source file column by column, a batch at a time.

Most blocks of a CSV file hold nothing to object to: `csv` splits such a block as a whole, and no
Python runs for each of its rows. Blocks with anything unusual go row by row through `rows`.
"""

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bert_aas.tables.formats.delimited import OpenTable, opened_table
from bert_aas.tables.sources import SourceFile
from bert_aas.tables.values import Value
from components.example_gen.params import DataParams
from components.example_gen.reading.label_text import is_plain_label
from components.example_gen.reading.rows import (
    BadRow,
    Row,
    judged,
    partitioned,
    read_rows,
    required_columns,
    split_problem,
)
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
        trimmed: How many usable rows have a label that stood between blanks.
    """

    file: str
    numbers: Sequence[int]
    columns: dict[str, Sequence[Value]]
    bad: Sequence[BadRow] = ()
    trimmed: int = 0

    def column(self, name: str) -> Sequence[Value]:
        """Return a column's values; None for each row if there is no such column."""
        found = self.columns.get(name)
        return (None,) * len(self.numbers) if found is None else found

    def labels(self, params: DataParams) -> Iterator[str]:
        """Return the rows' labels, "" for those without one."""
        return (str(label or "") for label in self.column(params.label_column))

    def head(self, count: int) -> "RowBatch":
        """Return the first usable rows and all that are not usable."""
        columns = {name: values[:count] for name, values in self.columns.items()}
        return RowBatch(self.file, self.numbers[:count], columns, self.bad, self.trimmed)


def read_batches(source: SourceFile, params: DataParams) -> Iterator[RowBatch]:
    """Stream what `read_rows` streams, in batches and bounded memory.

    Args:
        source: The file.
        params: Names the columns that must be there.

    Yields:
        Batches that hold every row, in the file's order but for the unusable rows of a batch.

    Raises:
        InvalidInputError: If the file cannot be read, is empty or lacks a column.
    """
    if source.format in {"csv", "tsv"}:
        yield from _delimited_batches(source, params)
    else:
        yield from _grouped(read_rows(source, params), source.name)


def _delimited_batches(source: SourceFile, params: DataParams) -> Iterator[RowBatch]:
    number = 1
    with opened_table(source, required_columns(params)) as table:
        given = _given(source, table)
        regular = _Regular(table, params, given)
        while lines := table.text.readlines(_BLOCK_CHARS):
            rows = regular.rows(lines)
            if rows is not None:
                table.splitter.skip(len(lines))
                yield _of_fields(rows, table.columns, source.name, number, given)
                number += len(rows)
                continue
            records = partitioned(table.splitter.records_from(lines), source)
            for batch in _grouped(judged(records, source.name, params, number), source.name):
                yield batch
                number += len(batch.numbers) + len(batch.bad)


def _given(source: SourceFile, table: OpenTable) -> dict[str, str | None]:
    """Give the columns that the file's folders add to its own."""
    return {name: value for name, value in source.partitions if name not in table.columns}


class _Regular:
    """Splits lines into rows, unless there is anything in them that has to be looked at."""

    def __init__(self, table: OpenTable, params: DataParams, given: dict[str, str | None]) -> None:
        label = params.label_column
        self._table = table
        self._by = params.deciding
        self._decides = params.deciding.time or params.deciding.split
        self._given = given
        self._label = table.columns.index(label) if label in table.columns else None
        self._all_have_label = self._label is not None or is_plain_label(given.get(label) or "")

    def rows(self, lines: list[str]) -> list[list[str]] | None:
        """Split lines.

        Args:
            lines: They begin with a row; those that the last row goes on over are added.

        Returns:
            The fields of each row, or None.
        """
        table = self._table
        rows, spanning = _split(lines, table)
        if rows is None or not self._all_have_label or not _is_plain("".join(lines)):
            return None
        if set(map(len, rows)) - {len(table.columns)} or not self._have_labels(rows):
            return None
        if self._decides and not self._have_splits(rows, self._decides):
            return None
        return None if self._have_swallowed(rows, spanning) else rows

    def _have_labels(self, rows: list[list[str]]) -> bool:
        """Tell whether each row has a class that is not the column's name, as in a header."""
        if self._label is None:
            first = self._table.columns[0]
            return first not in {row[0] for row in rows}
        labels = {row[self._label] for row in rows}
        return all(map(is_plain_label, labels)) and self._table.columns[self._label] not in labels

    def _have_splits(self, rows: list[list[str]], column: str) -> bool:
        """Tell whether the split of each row can be told."""
        if column not in self._table.columns:
            return split_problem(self._given, self._by) is None
        place = self._table.columns.index(column)
        values = {row[place] for row in rows}
        return not any(split_problem({column: value}, self._by) for value in values)

    def _have_swallowed(self, rows: list[list[str]], spanning: list[int]) -> bool:
        """Tell whether one of the rows that go on over several lines has swallowed others."""
        swallowed, done = self._table.swallowed, 0
        if swallowed is None:
            return False
        for place in spanning:
            swallowed.learn(rows[done:place])
            done = place
            if swallowed.are_in(rows[place]):
                return True
        swallowed.learn(rows[done:])
        return False


def _split(lines: list[str], table: OpenTable) -> tuple[list[list[str]] | None, list[int]]:
    """Give the fields of each row, and the places of rows that go on over several lines."""
    wanted, done = len(lines), 0
    feed = itertools.chain(tuple(lines), _noted(table.text, lines))
    reader = table.dialect.reader(feed)
    rows: list[list[str]] = []
    spanning = []
    try:
        for fields in reader:
            if fields:  # a blank line has none
                rows.append(fields)
            if reader.line_num > done + 1:
                spanning.append(len(rows) - 1)
            done = reader.line_num
            if done >= wanted:
                break
    except csv.Error:
        return None, []
    return rows, spanning


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


def _of_fields(
    rows: list[list[str]], names: list[str], file: str, first: int, given: dict[str, str | None]
) -> RowBatch:
    columns: dict[str, Sequence[Value]] = {}
    for name, fields in zip(names, zip(*rows, strict=True), strict=False):
        columns[name] = [field or None for field in fields] if "" in fields else fields
    columns |= {name: [value] * len(rows) for name, value in given.items()}
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
            sum(row.trimmed for row in good),
        )
