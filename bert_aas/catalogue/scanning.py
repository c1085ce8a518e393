"""Stream the rows of CSV, TSV and JSON lines as batches of texts, as our own reader reads them."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bert_aas.catalogue.types import Cell
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.formats.delimited import opened_table
from bert_aas.tables.formats.json_lines import read_objects
from bert_aas.tables.sources import SourceFile
from bert_aas.tables.values import is_unicode

_BATCH_ROWS = 4096

Row = Mapping[str, Any]


class Scan:
    """The rows of some files, one after the other.

    Attributes:
        rows: How many usable rows were read.
        skipped: How many rows were left out.
    """

    def __init__(self, files: Sequence[SourceFile], *, skip_bad_rows: bool) -> None:
        """Take the files.

        Args:
            files: CSV, TSV or JSON lines.
            skip_bad_rows: Leave out what cannot be read; else it is refused.
        """
        self.rows = self.skipped = 0
        self._files = files
        self._skip = skip_bad_rows

    def batches(self) -> Iterator[tuple[SourceFile, list[Row]]]:
        """Read the rows.

        Yields:
            A file, and some thousand of its rows at most: name to value, without missing ones.

        Raises:
            InvalidInputError: If a file or a row cannot be read.
        """
        self.rows = self.skipped = 0
        for file in self._files:
            rows = self._usable(file)
            while batch := list(itertools.islice(rows, _BATCH_ROWS)):
                self.rows += len(batch)
                yield file, batch

    def _usable(self, file: SourceFile) -> Iterator[Row]:
        given = dict(file.partitions)
        for number, content in _records(file):
            if isinstance(content, str):
                if not self._skip:
                    raise InvalidInputError(
                        f"{file.called}, line {number}: {content}; mend the row, or leave such "
                        "rows out with --skip-bad-rows."
                    )
                self.skipped += 1
            else:
                yield {**given, **content} if given else content


def text_batches(scan: Scan, columns: Sequence[str]) -> Iterator[Any]:
    """Read rows as Arrow's batches.

    Args:
        scan: The rows.
        columns: The columns, in their order.

    Yields:
        Record batches of texts; a missing value is null.
    """
    from bert_aas.tables.arrow import pa  # noqa: PLC0415 (a third of a second)

    schema = text_schema(columns)
    for _, rows in scan.batches():
        arrays = [pa.array([spelt(row.get(name)) for row in rows], pa.string()) for name in columns]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def text_schema(columns: Sequence[str]) -> Any:
    """Give Arrow's schema of columns of texts."""
    from bert_aas.tables.arrow import pa  # noqa: PLC0415 (a third of a second)

    return pa.schema([(name, pa.string()) for name in columns])


def spelt(value: Any) -> str | None:
    """Spell a value of CSV or JSON as a text that SQL reads back; what is nested stays JSON."""
    if value is None or (isinstance(value, str) and is_unicode(value)):
        return value
    if isinstance(value, str):
        return value.encode(errors="replace").decode()  # half of a surrogate pair
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return json.dumps(value)


def cell(value: Any) -> Cell:
    """Make a value one that has a type: what is nested is a text."""
    return value if value is None or isinstance(value, (str, int, float)) else json.dumps(value)


def _records(file: SourceFile) -> Iterator[tuple[int, Row | str]]:
    if file.is_delimited():
        with opened_table(file, ()) as table:
            yield from table.splitter.records()
    else:
        for number, _, content in read_objects(file):
            yield number, content
