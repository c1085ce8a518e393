"""What a value of a table is as text: one rule for training and for prediction."""

import json
import math
from decimal import Decimal
from typing import Any, TypeAlias

Value: TypeAlias = str | int | float | bytes | None
Record: TypeAlias = tuple[int, dict[str, Value] | str]
"""Line or row number (1 is the first), and the values by column or why there are none."""

_EXACT_INTEGERS = 2**53  # a float beyond may stand for several integers


def plain(value: Any) -> Value:
    """Make one value of a typed format plain.

    Args:
        value: As JSON or Arrow gives it.

    Returns:
        NaN is missing (None), what is nested becomes JSON, truth values `true` and `false`, bytes
        text if they are UTF-8.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):
        return None
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, bytes):
        return _decoded(value)
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False, default=_as_text)
    return str(value)


def spelt(value: Value) -> str | bytes | None:
    """Spell a plain value as the text of a row: numbers as Python does; bytes are no text."""
    return str(value) if isinstance(value, (int, float)) else value


def spelt_label(value: Any) -> Any:
    """Spell a number as a class: 1.0 and 1 are one, whatever type a file stores them as.

    Args:
        value: A value of a label column as the file has it, plain or not.

    Returns:
        The class of a number; anything else as it is.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return value
    if not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if value == int(value) and (isinstance(value, (int, Decimal)) or abs(value) < _EXACT_INTEGERS):
        return str(int(value))
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def text_problem(name: str, value: Value) -> str | None:
    """Say why a value cannot be a text, if so.

    Args:
        name: Its column.
        value: A plain value.

    Returns:
        The reason, without the value.
    """
    if isinstance(value, bytes):
        return f"column '{name}' is not UTF-8"
    if isinstance(value, str) and "\0" in value:
        return f"column '{name}' holds a NUL character; remove it, or name the right encoding"
    return None


def is_unicode(text: str) -> bool:
    """Tell whether a text holds no half of a surrogate pair."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decoded(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _as_text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
