"""Find the separator of a table, and quotes that would join several rows.

Both are guesses that must not go wrong silently: another separator is taken only where a comma
(CSV) or a tab (TSV) would have been refused, and a guess about quotes only ever refuses.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bert_aas.tables.sources import SourceFile

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_LINE_END = re.compile(r"\r\n|\r|\n")
_MAX_LABELS = 10_000
_FEW_LINES = 3


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the fields of a table are told apart.

    Attributes:
        separator: What stands between fields.
        quoted: Whether quotes bind a field together.
    """

    separator: str
    quoted: bool = True

    def reader(self, lines: Iterable[str]) -> Any:
        """Split physical lines into records, strictly: a `csv.reader`."""
        if self.quoted:
            return csv.reader(lines, delimiter=self.separator, strict=True)
        return csv.reader(lines, delimiter=self.separator, quoting=csv.QUOTE_NONE)


def usual_dialect(source: SourceFile) -> Dialect:
    """Give the dialect that the options name, or else the file's name."""
    separator = source.options.separator
    if separator == "auto":
        separator = "\t" if source.format == "tsv" else ","
    return Dialect(SEPARATORS.get(separator, separator), source.options.quoting != "none")


def dialect_of(header: Sequence[str], required: Iterable[str], source: SourceFile) -> Dialect:
    """Choose the separator that the header shows, unless the options name one.

    Args:
        header: The physical lines of the first record.
        required: Columns that must be there.
        source: The file.

    Returns:
        The dialect: by the file's name, unless only another one gives the required columns (or
        more columns than one).
    """
    first = usual_dialect(source)
    if source.options.separator != "auto":
        return first
    usual, quoted = first.separator, first.quoted
    wanted = set(required) - set(dict(source.partitions))
    candidates = sorted(SEPARATORS.values(), key=lambda separator: separator != usual)
    columns = {each: _columns(header, Dialect(each, quoted)) for each in candidates}
    fitting = (each for each in candidates if wanted <= set(columns[each]))
    widest = max(candidates, key=lambda each: len(columns[each]))
    if len(columns[usual]) > 1:
        widest = usual
    return Dialect(next(fitting, widest), quoted)


def _columns(header: Sequence[str], dialect: Dialect) -> list[str]:
    reader = dialect.reader(header)
    try:
        columns: list[str] = next(filter(None, reader), [])
    except csv.Error:
        return []
    return columns if reader.line_num == len(header) else []


class SwallowedRows:
    """Recognize a quoted field that has swallowed rows: a stray quote, closed by a later one."""

    def __init__(self, separator: str, columns: Sequence[str], label: str | None) -> None:
        """Start before the first row.

        Args:
            separator: What stands between fields.
            columns: What the header names.
            label: The column of the classes, if there is one.
        """
        self._separator = separator
        self._width = len(columns)
        self._label = columns.index(label) if label in columns else None
        self._labels: set[str] = set()

    def learn(self, rows: Iterable[Sequence[str]]) -> None:
        """Remember the classes of rows that are right."""
        if self._label is not None and len(self._labels) < _MAX_LABELS:
            place = self._label
            self._labels.update({row[place] for row in rows})

    def are_in(self, row: Sequence[str]) -> bool:
        """Tell whether a row's lines, read without quotes, are rows themselves.

        Args:
            row: Its fields, as many as there are columns.

        Returns:
            True if each line has as many fields as there are columns, with classes among those
            that are known; in TSV, whose texts hardly hold tabs, if most lines have.
        """
        if self._separator == "\t":
            return any("\t" in field for field in row) and self._most_are_rows(row)
        joined = self._separator.join(row)
        first = joined.partition("\n")[0].partition("\r")[0]
        if len(first) == len(joined) or first.count(self._separator) != self._width - 1:
            return False
        rows = [line.split(self._separator) for line in _LINE_END.split(joined) if line]
        if min(self._width, len(rows)) == 1 or {*map(len, rows)} != {self._width}:
            return False
        return self._are_classes(rows) if self._label is not None else self._are_many(rows)

    def _most_are_rows(self, row: Sequence[str]) -> bool:
        lines = [line for line in _LINE_END.split("\t".join(row)) if line]
        wide = sum(line.count("\t") == self._width - 1 for line in lines)
        return len(lines) > 1 and 2 * wide > len(lines)

    def _are_classes(self, rows: list[list[str]]) -> bool:
        found = [fields[self._label or 0] for fields in rows]
        few = len(found) > _FEW_LINES and len(set(found)) <= len(found) // 2
        return few or all(label in self._labels or label == found[-1] for label in found)

    def _are_many(self, rows: list[list[str]]) -> bool:
        return self._width >= _FEW_LINES or len(rows) >= _FEW_LINES
