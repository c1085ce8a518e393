"""Writes JSON in the byte layout of TensorFlow Serving (RapidJSON's `PrettyWriter`).

Source:
    TensorFlow Serving, `util/json_tensor.cc`, and RapidJSON 1.1.0, `writer.h`, `prettywriter.h`.
"""

import re
from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring
from typing import Any

INDENT = "    "
_LETTERED = re.compile("[\x0b\x0e\x0f\x1a-\x1f]")  # escapes with a letter in them: capitals there
_WORDS = {"None": "null", "True": "true", "False": "false"}


class Token(str):
    """Text that goes into the JSON as it is, such as a formatted number."""

    __slots__ = ()


def write_json(value: Any, level: int = 0, single_line_arrays: bool = False) -> str:
    """Return a value as pretty JSON with an indent of four spaces.

    Args:
        value: Dicts, lists, strings, integers, booleans, None and `Token`s.
        level: Depth at which the value stands.
        single_line_arrays: Whether `[1, 2]` stays on one line; objects never do.

    Returns:
        The text, non-ASCII characters unescaped.
    """
    return "".join(_pieces(value, level, single_line_arrays))


def write_rows(key: str, rows: Sequence[str]) -> str:
    """Return an object with one list, in the layout that upstream gives to rows.

    Args:
        key: The object's only key.
        rows: The list's elements, written at level 2.

    Returns:
        The text.
    """
    if not rows:
        return write_json({key: []})
    # Upstream switches back to multi-line arrays just before the last bracket; clients compare it.
    return f'{{\n{INDENT}"{key}": [{", ".join(rows)}\n{INDENT}]\n}}'


def quote(text: str) -> str:
    """Return a string in quotation marks, non-ASCII characters unescaped.

    Args:
        text: The string.

    Returns:
        JSON.
    """
    if _LETTERED.search(text):
        parts = zip(_LETTERED.split(text), [*_LETTERED.findall(text), ""], strict=True)
        inside = "".join(
            encode_basestring(part)[1:-1] + (f"\\u{ord(control):04X}" if control else "")
            for part, control in parts
        )
        return f'"{inside}"'
    return encode_basestring(text)


def encode_text(text: str) -> bytes:
    """Return text as UTF-8; bytes that came in as surrogate escapes go out unchanged."""
    return text.encode("utf-8", "surrogateescape")


def _pieces(value: Any, level: int, single_line: bool) -> Iterator[str]:
    if isinstance(value, dict):
        return _object_pieces(value, level, single_line)
    if isinstance(value, list):
        return _array_pieces(value, level, single_line)
    return iter((_scalar(value),))


def _scalar(value: Any) -> str:
    if isinstance(value, Token):
        return value
    if isinstance(value, str):
        return quote(value)
    return _WORDS.get(str(value)) or str(value)


def _object_pieces(value: dict[str, Any], level: int, single_line: bool) -> Iterator[str]:
    if not value:
        yield "{}"
        return
    separator = "{\n"
    for key, member in value.items():
        yield f"{separator}{INDENT * (level + 1)}{quote(key)}: "
        yield from _pieces(member, level + 1, single_line)
        separator = ",\n"
    yield f"\n{INDENT * level}}}"


def _array_pieces(value: list[Any], level: int, single_line: bool) -> Iterator[str]:
    if not value:
        yield "[]"
        return
    line_break = "" if single_line else f"\n{INDENT * (level + 1)}"
    separator = "["
    for element in value:
        yield separator + line_break
        yield from _pieces(element, level + 1, single_line)
        separator = ", " if single_line else ","
    yield "]" if single_line else f"\n{INDENT * level}]"
