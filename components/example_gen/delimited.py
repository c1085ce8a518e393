"""Read CSV and TSV by RFC 4180: quoted delimiters, doubled quotes, line breaks inside fields.

Python's `csv` module does the splitting. Around it: the first physical line of each record, bytes
that are not UTF-8 told per record, and going on after a record that is broken.

Source:
    RFC 4180, section 2.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from components.example_gen.records import Record, Value, check_columns
from components.example_gen.sources import SourceFile, open_source
from models.errors import InvalidInputError

# Also bounds how much a quote that is never closed collects before the reader gives it up.
MAX_FIELD_CHARS = 16 * 1024 * 1024
# csv of Python 3.10 refuses NUL; this noncharacter stands in for it while a line is split.
_NUL_STAND_IN = "\U0010ffff"


def read_delimited(source: SourceFile, required: tuple[str, ...]) -> Iterator[Record]:
    """Stream the records of a CSV or TSV file; blank lines are passed over.

    Args:
        source: The file; its first record is the header.
        required: Columns that must be there.

    Yields:
        First physical line (1 = the header's), and the values by column or why there are none.

    Raises:
        InvalidInputError: If the header is missing, broken, ambiguous or lacks a column.
    """  # noqa: DOC502 - raised by what it calls
    with opened_table(source, required) as table:
        yield from table.splitter.records()


@dataclass(frozen=True, slots=True)
class Table:
    """An opened file; `text` and `splitter` go on after the header, and share one position.

    Attributes:
        columns: What the header names.
        delimiter: What stands between fields.
        text: The physical lines.
        splitter: Takes records from them.
    """

    columns: list[str]
    delimiter: str
    text: io.TextIOWrapper
    splitter: "Splitter"


@contextmanager
def opened_table(source: SourceFile, required: tuple[str, ...]) -> Iterator[Table]:
    """Open a CSV or TSV file and read its header.

    Args:
        source: The file.
        required: Columns that must be there.

    Yields:
        The table.

    Raises:
        InvalidInputError: If the header is missing, broken, ambiguous or lacks a column.
    """  # noqa: DOC502 - raised by what it calls
    csv.field_size_limit(MAX_FIELD_CHARS)
    delimiter = "\t" if source.format == "tsv" else ","
    with open_source(source) as stream:
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        splitter = Splitter(text, delimiter)
        columns = _header(next(splitter.split(), None), source)
        check_columns(columns, required, source)
        splitter.columns = columns
        yield Table(columns, delimiter, text, splitter)


def _by_column(columns: list[str], fields: list[str]) -> dict[str, Value] | str:
    if len(fields) != len(columns):
        noun = "field" if len(fields) == 1 else "fields"
        return f"{len(fields)} {noun} where the header has {len(columns)}"
    return {name: field or None for name, field in zip(columns, fields, strict=True)}


def _header(first: tuple[int, list[str] | str] | None, source: SourceFile) -> list[str]:
    """Return the column names; an unnamed column is called by its position, as `column_1`."""
    if first is None:
        raise InvalidInputError(f"data.path: '{source.name}' is empty; it needs a header and rows.")
    line, fields = first
    if isinstance(fields, str):
        raise InvalidInputError(
            f"data.path: the header of '{source.name}' (line {line}) cannot be read: {fields}."
        )
    columns = [name or f"column_{number}" for number, name in enumerate(fields, start=1)]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise InvalidInputError(
            f"data.path: the header of '{source.name}' names '{twice[0]}' more than once; "
            "each column needs a name of its own."
        )
    return columns


class Splitter:
    """Split physical lines into records, and go on with the next line after a broken record."""

    def __init__(self, lines: Iterator[str], delimiter: str) -> None:
        """Start before the header.

        Args:
            lines: Physical lines, decoded with `surrogateescape`, ends kept.
            delimiter: What stands between fields.
        """
        self.columns: list[str] = []
        self._lines = lines
        self._delimiter = delimiter
        self._again: deque[str] = deque()  # lines to be judged (again) before those to come
        self._current: list[str] = []  # lines of the record being read
        self._next_line = 1
        self._suspect_until = 0
        self._not_utf8: str | None = None

    def records(self) -> Iterator[Record]:
        """Yield each record's first line, and its values by column or why there are none."""
        for line, fields in self.split():
            yield line, fields if isinstance(fields, str) else _by_column(self.columns, fields)

    def records_from(self, lines: list[str]) -> Iterator[Record]:
        """Yield the records of lines that were taken from the file already.

        Args:
            lines: They begin with a record.

        Yields:
            The records, and as many of those to come as it takes to be past anything broken.
        """
        self._again.extend(lines)
        for record in self.records():
            yield record
            if not self._again and self._next_line > self._suspect_until:
                return

    def skip(self, lines: int) -> None:
        """Count lines whose records somebody else has taken."""
        self._next_line += lines

    def split(self) -> Iterator[tuple[int, list[str] | str]]:
        """Yield each record's first line, and its fields or why it cannot be read."""
        parser = self._parser()
        while True:
            line = self._next_line
            self._current, self._not_utf8 = [], None
            try:
                fields = next(parser)
            except StopIteration:
                return
            except csv.Error as exc:
                reason = self._not_utf8 or _broken(exc, len(self._current))
                self._step_back()
                parser = self._parser()
                yield line, reason
                continue
            self._next_line += len(self._current)
            if fields:
                yield line, self._not_utf8 or self._stray_quote(line) or _with_nuls(fields)

    def _parser(self) -> Iterator[list[str]]:
        return csv.reader(self._feed(), delimiter=self._delimiter, strict=True)

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None:
                return
            self._current.append(line)
            if not line.isascii() and self._not_utf8 is None:
                self._not_utf8 = _first_bad_byte(line, self._next_line + len(self._current) - 1)
            yield line.replace("\0", _NUL_STAND_IN) if "\0" in line else line

    def _step_back(self) -> None:
        """Give up the broken record's first line only: the lines after it may be rows again."""
        self._suspect_until = max(self._suspect_until, self._next_line + len(self._current) - 1)
        self._again.extendleft(reversed(self._current[1:]))
        self._next_line += 1

    def _stray_quote(self, line: int) -> str | None:
        """Refuse the tail of a broken record, lest it passes for a row by its number of commas."""
        if line > self._suspect_until:
            return None
        text = "".join(self._current)
        opens = text.startswith('"') or f'{self._delimiter}"' in text
        return None if opens or '"' not in text else "a quote inside a field that is not quoted"


def _broken(exc: csv.Error, lines: int) -> str:
    if "field larger" in str(exc):
        return f"a quote is not closed, or a field is longer than {MAX_FIELD_CHARS} characters"
    if "unexpected end" in str(exc):
        return "a quote is not closed before the file ends"
    where = "" if lines == 1 else f" ({lines} lines on, so it may not be closed where it should)"
    return f"a quoted field goes on after its closing quote{where}"


def _first_bad_byte(line: str, number: int) -> str | None:
    """Say where a line, decoded with `surrogateescape`, held bytes that are not UTF-8."""
    try:
        line.encode()
    except UnicodeEncodeError as exc:
        position = len(line[: exc.start].encode()) + 1
        byte = ord(line[exc.start]) - 0xDC00
        return f"not UTF-8: byte 0x{byte:02x} at position {position} of line {number}"
    return None


def _with_nuls(fields: list[str]) -> list[str]:
    return [f.replace(_NUL_STAND_IN, "\0") if _NUL_STAND_IN in f else f for f in fields]
