"""CSV as RFC 4180 has it: quoted fields hold commas, quotes and line breaks.

Python's own reader has one limit of a field's length for the whole process, and refuses NUL bytes
in some versions, and its writer leaves a lone carriage return unquoted. Here a field may be as long
as a body, and hold anything.

Source:
    RFC 4180, section 2.
"""

import re
from collections.abc import Iterable, Sequence

from serving.errors import InvalidArgumentError

_TO_QUOTE = re.compile('[",\r\n\ufeff]')
_BOM = "\ufeff"
# A quote inside an unquoted field stands for itself, as most programs read it.
_FIELD = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n][^,\r\n]*)?)(,|\r\n|\n|\r|\Z)')


def read_table(body: bytes, has_header: bool = False) -> list[list[str]]:
    """Read the rows of a table.

    Args:
        body: The table. Bytes that are not UTF-8 survive as surrogate escapes.
        has_header: Whether the first row is none, but names the columns.

    Returns:
        The fields of each row; an empty line is a row with one empty field.

    Raises:
        InvalidArgumentError: If a quoted field does not end, or text stands behind it.
    """
    text = body.decode("utf-8", "surrogateescape").removeprefix(_BOM)
    rows: list[list[str]] = []
    fields: list[str] = []
    place = 0
    while place < len(text) or fields:
        found = _FIELD.match(text, place)
        if found is None:
            raise InvalidArgumentError(
                f"Row {len(rows) + 1} of the CSV is broken at its field {len(fields) + 1}: a "
                'quoted field ends with one ", and a comma or a line break follows'
            )
        quoted, plain, end = found.groups()
        fields.append((plain or "") if quoted is None else quoted.replace('""', '"'))
        place = found.end()
        if end != ",":
            rows.append(fields)
            fields = []
    return rows[1:] if has_header else rows


def write_table(rows: Iterable[Sequence[str]]) -> str:
    """Write rows.

    Args:
        rows: The fields of each row.

    Returns:
        The table; every row ends with a line feed, as SageMaker's own containers end theirs.
    """
    return "".join(",".join(_written(row)) + "\n" for row in rows)


def _written(row: Sequence[str]) -> list[str]:
    if list(row) == [""]:
        return ['""']  # else it looks like no row at all
    return [_quoted(field) if _TO_QUOTE.search(field) else field for field in row]


def _quoted(field: str) -> str:
    doubled = field.replace('"', '""')
    return f'"{doubled}"'
