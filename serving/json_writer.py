"""Writes JSON in the byte layout of TensorFlow Serving (RapidJSON's `PrettyWriter`).

Source:
    TensorFlow Serving, `util/json_tensor.cc` (`WriteDecimal`, `JsonValueToString`), and RapidJSON.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

_INDENT = "    "
_DUMP_LIMIT = 256  # characters of a value that an error message quotes


class Token(str):
    """Text that goes into the JSON as it is, such as a formatted number."""

    __slots__ = ()


def write_json(value: Any, level: int = 0, single_line_arrays: bool = False) -> str:
    """Return a value as pretty JSON with an indent of four spaces.

    Args:
        value: Dicts, lists, strings, numbers, booleans, None and `Token`s.
        level: Depth at which the value stands.
        single_line_arrays: Whether `[1, 2]` stays on one line; objects never do.

    Returns:
        The text, non-ASCII characters unescaped.
    """
    return "".join(_pieces(value, level, single_line_arrays))


def dump_value(value: Any) -> str:
    """Return a value as error messages quote it: arrays on one line, cut off at 256 characters."""
    text = ""
    for piece in _pieces(value, 0, True):
        text += piece[:_DUMP_LIMIT]
        if len(text) >= _DUMP_LIMIT:  # also bounds the recursion into very deep values
            break
    return text[:_DUMP_LIMIT]


def encode_text(text: str) -> bytes:
    """Return text as UTF-8; bytes that came in as surrogate escapes go out unchanged."""
    return text.encode("utf-8", "surrogateescape")


def format_float(value: float, digits: int) -> Token:
    """Format a number with the fewest digits of `%g` that keep it, as TensorFlow Serving does.

    Args:
        value: The number.
        digits: 9 for a single, 17 for a double: the digits that always suffice.

    Returns:
        Such as `4.0`, `9e+06`, `0.333333343`, `NaN`, `-Infinity`.
    """
    if not math.isfinite(value):
        return Token(_non_finite(value))
    text = f"{value:g}"
    kept = float(np.float32(text)) if digits == 9 else float(text)  # noqa: PLR2004
    if kept != value:
        text = f"{value:.{digits}g}"
    if "." not in text and "e" not in text:
        text += ".0"
    return Token(text)


def _non_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _pieces(value: Any, level: int, single_line: bool) -> Iterator[str]:
    if isinstance(value, dict):
        return _object_pieces(value, level, single_line)
    if isinstance(value, list):
        return _array_pieces(value, level, single_line)
    return iter((_scalar(value),))


def _scalar(value: Any) -> str:
    if isinstance(value, Token):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return _non_finite(value)
    return json.dumps(value, ensure_ascii=False)


def _object_pieces(value: dict[str, Any], level: int, single_line: bool) -> Iterator[str]:
    if not value:
        yield "{}"
        return
    separator = "{\n"
    for key, member in value.items():
        yield f"{separator}{_INDENT * (level + 1)}{json.dumps(key, ensure_ascii=False)}: "
        yield from _pieces(member, level + 1, single_line)
        separator = ",\n"
    yield f"\n{_INDENT * level}}}"


def _array_pieces(value: list[Any], level: int, single_line: bool) -> Iterator[str]:
    if not value:
        yield "[]"
        return
    if single_line and not any(isinstance(element, (list, dict)) for element in value):
        yield f"[{', '.join(map(_scalar, value))}]"  # the common case, fast
        return
    line_break = "" if single_line else f"\n{_INDENT * (level + 1)}"
    separator = "["
    for element in value:
        yield separator + line_break
        yield from _pieces(element, level + 1, single_line)
        separator = ", " if single_line else ","
    yield "]" if single_line else f"\n{_INDENT * level}]"
