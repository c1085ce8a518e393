"""Read tables of one JSON object per line."""

import io
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from bert_aas.tables.sources import SourceFile, check_columns
from bert_aas.tables.streams import open_text
from bert_aas.tables.values import Record, Value, plain

ROWS_THAT_NAME_COLUMNS = 100


def read_jsonl(source: SourceFile, required: tuple[str, ...]) -> Iterator[Record]:
    """Stream the records of a file with one JSON object per line; blank lines are passed over.

    Args:
        source: The file.
        required: Columns that some of the first rows must have.

    Yields:
        Line number, and the values by column or why there are none.

    Raises:
        InvalidInputError: If a required column is missing.
    """
    with open_text(source) as text:
        records = ((number, as_record(content)) for number, _, content in _objects(text.lines))
        yield from with_columns_checked(records, required, source)


def read_objects(source: SourceFile) -> Iterator[tuple[int, str, dict[str, Any] | str]]:
    """Stream the lines of a file with what they hold; blank lines are passed over.

    Args:
        source: The file.

    Yields:
        Line number, the line, and its JSON object or why there is none.
    """
    with open_text(source) as text:
        yield from _objects(text.lines)


def as_record(content: dict[str, Any] | str) -> dict[str, Value] | str:
    """Make the values of an object plain, or say why that is not possible."""
    if isinstance(content, str):
        return content
    try:
        return {name: plain(value) for name, value in content.items()}
    except RecursionError:
        return "JSON that is nested too deeply"


def with_columns_checked(
    records: Iterator[Record], required: tuple[str, ...], source: SourceFile
) -> Iterator[Record]:
    """Check the columns of a format without header: the union over the first rows.

    Args:
        records: The records of the file.
        required: Columns that some of the first rows must have.
        source: The file.

    Yields:
        The records.

    Raises:
        InvalidInputError: If a required column is missing.
    """
    first = list(itertools.islice(records, ROWS_THAT_NAME_COLUMNS))
    rows = [content for _, content in first if not isinstance(content, str)]
    if rows:
        check_columns(dict.fromkeys(name for row in rows for name in row), required, source)
    yield from first
    yield from records


def _objects(lines: io.TextIOWrapper) -> Iterator[tuple[int, str, dict[str, Any] | str]]:
    for number, line in enumerate(_physical(lines), start=1):
        if line and not line.isspace():
            yield number, line, _parse(line)


def _physical(lines: io.TextIOWrapper) -> Iterator[str]:
    """Split at line feeds only: JSON may hold other line ends as they are."""
    lines.reconfigure(newline="\n")
    for line in lines:
        yield line.removeprefix("\ufeff")


class _DoubleKeyError(Exception):
    """An object has a key twice."""


def _without_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise _DoubleKeyError(f"the key {key!r} appears twice in one JSON object")
    return content


_DECODER = json.JSONDecoder(object_pairs_hook=_without_double_keys)


def _parse(line: str) -> dict[str, Any] | str:
    try:
        line.encode()
        content = _DECODER.decode(line)
    except UnicodeEncodeError as exc:
        position = len(line[: exc.start].encode()) + 1
        return f"not UTF-8: byte 0x{ord(line[exc.start]) - 0xDC00:02x} at position {position}"
    except _DoubleKeyError as exc:
        return str(exc)
    except json.JSONDecodeError as exc:
        return f"broken JSON at position {exc.pos + 1}: {exc.msg}"
    except RecursionError:
        return "JSON that is nested too deeply"
    except ValueError:
        return "a JSON number with too many digits"
    return content if isinstance(content, dict) else "a JSON value that is not an object"
