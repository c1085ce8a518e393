"""Read CSV and TSV by RFC 4180: quoted delimiters, doubled quotes, line breaks inside fields.

Python's `csv` module does the splitting. Around it: the first physical line of each record, bytes
that are not UTF-8 told per record, and going on after a record that is broken.

Source:
    RFC 4180, section 2.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.formats.dialects import Dialect, SwallowedRows, dialect_of, usual_dialect
from bert_aas.tables.sources import SourceFile, check_columns
from bert_aas.tables.streams import TextStream, open_text
from bert_aas.tables.values import Record, Value

# Also bounds how much a quote that is never closed collects before the reader gives it up.
MAX_FIELD_CHARS = 16 * 1024 * 1024
# csv of Python 3.10 refuses NUL; this noncharacter stands in for it while a line is split.
_NUL_STAND_IN = "\U0010ffff"
_MARK = "\ufeff"
_EXCEL = re.compile(r'"?sep=([^"\r\n])"?\s*', re.IGNORECASE)  # a first line that Excel obeys


def read_delimited(source: SourceFile, required: tuple[str, ...]) -> Iterator[Record]:
    """Stream the records of a CSV or TSV file; blank lines are passed over.

    Args:
        source: The file; its first record is the header.
        required: Columns that must be there.

    Yields:
        First physical line (1 = the header's), and the values by column or why there are none.

    Raises:
        InvalidInputError: If the header is missing, broken, ambiguous or lacks a column.
    """
    with opened_table(source, required) as table:
        yield from table.splitter.records()


@dataclass(frozen=True, slots=True)
class OpenTable:
    """An opened file; `text` and `splitter` go on after the header, and share one position.

    Attributes:
        columns: What the header names.
        dialect: How fields are told apart.
        text: The physical lines.
        splitter: Takes records from them.
        swallowed: Recognizes quoted fields that hold rows; none where quotes are trusted.
        notices: What was detected and is not what the file's name says, in words.
    """

    columns: list[str]
    dialect: Dialect
    text: io.TextIOWrapper
    splitter: "Splitter"
    swallowed: SwallowedRows | None
    notices: tuple[str, ...]


@contextmanager
def opened_table(source: SourceFile, required: tuple[str, ...]) -> Iterator[OpenTable]:
    """Open a CSV or TSV file and read its header.

    Args:
        source: The file.
        required: Columns that must be there.

    Yields:
        The table.

    Raises:
        InvalidInputError: If the header is missing, broken, ambiguous or lacks a column.
    """
    csv.field_size_limit(MAX_FIELD_CHARS)
    with open_text(source) as text:
        yield _after_header(text, required, source)


def _after_header(text: TextStream, required: tuple[str, ...], source: SourceFile) -> OpenTable:
    before, head, dialect = _head(text, required, source)
    splitter = Splitter(text.lines, dialect, text.encoding)
    splitter.skip(before)
    columns = _header(splitter.of_lines(head), source)
    check_columns(columns, required, source)
    swallowed = None
    if source.options.quoting == "auto":
        label = source.options.label_column
        swallowed = SwallowedRows(dialect.separator, columns, label)
    splitter.expect(columns, swallowed, source)
    notices = _notices(text, dialect, source)
    return OpenTable(columns, dialect, text.lines, splitter, swallowed, notices)


def _head(
    text: TextStream, required: tuple[str, ...], source: SourceFile
) -> tuple[int, list[str], Dialect]:
    """Give the number of lines before the header, the header's lines, and their dialect."""
    head = _header_lines(text, source)
    announced = _EXCEL.fullmatch(head[0])
    if announced is None or source.options.separator != "auto":
        return 0, head, dialect_of(head, required, source)
    told = replace(source, options=replace(source.options, separator=announced[1]))
    return len(head), _header_lines(text, told), usual_dialect(told)


def _header_lines(text: TextStream, source: SourceFile) -> list[str]:
    """Take the physical lines of the header, and blank ones before it."""
    lines: list[str] = []
    with suppress(csv.Error):  # perhaps another separator can read it
        next(filter(None, usual_dialect(source).reader(_noted(text.lines, lines))), None)
    if not "".join(lines).strip():
        raise InvalidInputError(f"{source.called} is empty; it needs a header and rows.")
    return lines


def _noted(text: Iterable[str], lines: list[str]) -> Iterator[str]:
    for line in text:
        lines.append(line if lines else line.removeprefix(_MARK))
        yield lines[-1].replace("\0", _NUL_STAND_IN)


def _notices(text: TextStream, dialect: Dialect, source: SourceFile) -> tuple[str, ...]:
    if dialect == usual_dialect(source):
        return text.notices
    return (
        *text.notices,
        f"{source.name} is read with {dialect.separator!r} between its fields",
    )


def _by_column(columns: list[str], fields: list[str]) -> dict[str, Value] | str:
    if len(fields) != len(columns):
        noun = "field" if len(fields) == 1 else "fields"
        return f"{len(fields)} {noun} where the header has {len(columns)}"
    return {name: field or None for name, field in zip(columns, fields, strict=True)}


def _header(first: tuple[int, list[str] | str], source: SourceFile) -> list[str]:
    """Return the column names; an unnamed column is called by its position, as `column_1`."""
    line, fields = first
    if isinstance(fields, str):
        cure = ""
        if fields.startswith("not "):
            cure = f" Name the file's encoding with {source.option('encoding')}, e.g. cp1252."
        raise InvalidInputError(
            f"{source.called}: the header (line {line}) cannot be read: {fields}.{cure}"
        )
    return [name or f"column_{number}" for number, name in enumerate(fields, start=1)]


class Splitter:
    """Split physical lines into records, and go on with the next line after a broken record."""

    def __init__(self, lines: Iterator[str], dialect: Dialect, encoding: str = "utf-8") -> None:
        """Start before the header.

        Args:
            lines: Physical lines, decoded with `surrogateescape`, ends kept.
            dialect: How fields are told apart.
            encoding: What the lines were decoded from, for messages.
        """
        self._columns: list[str] = []
        self._swallowed: SwallowedRows | None = None
        self._source: SourceFile | None = None
        self._lines = lines
        self._dialect = dialect
        self._encoding = encoding
        self._again: deque[str] = deque()  # lines to be judged (again) before those to come
        self._current: list[str] = []  # lines of the record being read
        self._next_line = 1
        self._suspect_until = 0
        self._undecoded: str | None = None

    def expect(
        self, columns: list[str], swallowed: SwallowedRows | None, source: SourceFile
    ) -> None:
        """Say what the records to come should look like.

        Args:
            columns: What the header names.
            swallowed: Recognizes quoted fields that hold rows.
            source: The file, for messages.
        """
        self._columns = columns
        self._swallowed = swallowed
        self._source = source

    def of_lines(self, lines: list[str]) -> tuple[int, list[str] | str]:
        """Take the first record of lines that were taken from the file already.

        Args:
            lines: They hold one record, after blank lines perhaps.

        Returns:
            Its first line, and its fields or why it cannot be read.
        """
        self._again.extend(lines)
        return next(self.split())

    def records(self) -> Iterator[Record]:
        """Yield each record's first line, and its values by column or why there are none."""
        for line, fields in self.split():
            if isinstance(fields, str):
                yield line, fields
            elif len(self._columns) > 1 and self._is_header(fields, line):
                yield line, "the header again (were two files joined?)"
            else:
                yield line, _by_column(self._columns, fields)

    def _is_header(self, fields: list[str], line: int) -> bool:
        first = fields[0].removeprefix(_MARK)
        if first not in self._columns:
            return False
        again = [first, *fields[1:]]
        if again == self._columns:
            return True
        if sorted(again) == sorted(self._columns) and self._source is not None:
            raise InvalidInputError(
                f"{self._source.called}, line {line}: a header with the columns in another order; "
                "two files seem to be joined: give them one by one, in a folder."
            )
        return False

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
            self._current, self._undecoded = [], None
            try:
                fields = next(parser)
            except StopIteration:
                return
            except csv.Error as exc:
                reason = self._undecoded or _broken(exc, len(self._current))
                self._step_back()
                parser = self._parser()
                yield line, reason
                continue
            if self._has_swallowed(fields):
                reason = _swallowed(len(self._current), self._source)
                self._step_back()
                parser = self._parser()
                yield line, reason
                continue
            self._next_line += len(self._current)
            if fields:
                yield line, self._undecoded or self._stray_quote(line) or _with_nuls(fields)

    def _has_swallowed(self, fields: list[str]) -> bool:
        if self._swallowed is None or len(fields) != len(self._columns):
            return False
        if len(self._current) > 1 and self._swallowed.are_in(fields):
            return True
        self._swallowed.learn([fields])
        return False

    def _parser(self) -> Iterator[list[str]]:
        parser: Iterator[list[str]] = self._dialect.reader(self._feed())
        return parser

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None:
                return
            self._current.append(line)
            if not line.isascii() and self._undecoded is None:
                self._undecoded = _first_bad_byte(
                    line, self._next_line + len(self._current) - 1, self._encoding
                )
            yield line.replace("\0", _NUL_STAND_IN) if "\0" in line else line

    def _step_back(self) -> None:
        """Give up the broken record's first line only: the lines after it may be rows again."""
        self._suspect_until = max(self._suspect_until, self._next_line + len(self._current) - 1)
        self._again.extendleft(reversed(self._current[1:]))
        self._next_line += 1

    def _stray_quote(self, line: int) -> str | None:
        """Refuse the tail of a broken record, lest it passes for a row by its number of commas."""
        if line > self._suspect_until or not self._dialect.quoted:
            return None
        text = "".join(self._current)
        opens = text.startswith('"') or f'{self._dialect.separator}"' in text
        return None if opens or '"' not in text else "a quote inside a field that is not quoted"


def _swallowed(lines: int, source: SourceFile | None) -> str:
    option = source.option("quoting") if source else "quoting"
    return (
        f"a quoted field contains {lines} lines that look like rows (set {option} to "
        "none if quotes are ordinary characters, or to quotes if the field really "
        "contains these lines)"
    )


def _broken(exc: csv.Error, lines: int) -> str:
    if "field larger" in str(exc):
        return f"a quote is not closed, or a field is longer than {MAX_FIELD_CHARS} characters"
    if "unexpected end" in str(exc):
        return "a quote is not closed before the file ends"
    where = (
        ""
        if lines == 1
        else f" ({lines} lines after its opening quote, so a closing quote may be missing)"
    )
    return f"there is text after the closing quote of a field{where}"


def _first_bad_byte(line: str, number: int, encoding: str) -> str | None:
    """Say where a line, decoded with `surrogateescape`, held bytes of another encoding."""
    try:
        line.encode()
    except UnicodeEncodeError as exc:
        position = len(line[: exc.start].encode(encoding.removesuffix("-sig"), "replace")) + 1
        byte = ord(line[exc.start]) - 0xDC00
        name = encoding.removesuffix("-sig").upper()
        return f"not {name}: byte 0x{byte:02x} at position {position} of line {number}"
    return None


def _with_nuls(fields: list[str]) -> list[str]:
    return [f.replace(_NUL_STAND_IN, "\0") if _NUL_STAND_IN in f else f for f in fields]
