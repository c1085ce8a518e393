"""JSON values as error messages quote them: cut off as TensorFlow Serving does.

Source:
    TensorFlow Serving, `util/json_tensor.cc` (`JsonWriterWithLimit`); RapidJSON's `PrettyWriter`.
"""

import math
from collections.abc import Iterator
from typing import Any

from serving.rest.json.numbers import dump_float
from serving.rest.json.objects import members_of
from serving.rest.json.writer import INDENT, encode_text, quote

_WORDS = {"None": "null", "True": "true", "False": "false"}
_LIMIT = 256  # bytes; what is begun within them is written whole
_LONGEST = 1024  # bytes; but no answer is to hold a whole long text


def dump_value(value: Any) -> str:
    """Return a value as error messages quote it.

    Args:
        value: What `parse_json` returns.

    Returns:
        Pretty JSON, arrays on one line; no more is begun after 256 bytes, or after a number that
        is none, so it may be cut off.
    """
    text = b""
    for piece in _pieces(value, 0, ""):
        if piece is None or len(text) >= _LIMIT:  # also bounds the recursion into deep values
            break
        text += encode_text(piece)
    return text[:_LONGEST].decode("utf-8", "surrogateescape")


def _pieces(value: Any, level: int, before: str) -> Iterator[str | None]:
    """Write a value piece by piece; None stands for the end that RapidJSON's writer comes to."""
    if isinstance(value, dict):
        yield f"{before}{{"
        yield from _members(value, level)
    elif isinstance(value, list):
        yield f"{before}["
        for place, element in enumerate(value):
            yield from _pieces(element, level + 1, ", " if place else "")
        yield "]"
    elif isinstance(value, float) and not math.isfinite(value):
        yield before
        yield None
    else:
        yield before + _scalar(value)


def _members(value: dict[str, Any], level: int) -> Iterator[str | None]:
    separator = "\n"
    for key, member in members_of(value):
        yield f"{separator}{INDENT * (level + 1)}{quote(key)}"
        yield from _pieces(member, level + 1, ": ")
        separator = ",\n"
    yield f"\n{INDENT * level}}}" if value else "}"


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return quote(value[:_LONGEST])
    if isinstance(value, float):
        return dump_float(value)
    return _WORDS.get(str(value)) or str(value)
