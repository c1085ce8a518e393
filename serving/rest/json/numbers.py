"""Numbers as TensorFlow Serving writes them: with the fewest digits of C's `%g` that keep them.

Source:
    TensorFlow Serving, `util/json_tensor.cc` (`WriteDecimal`); RapidJSON 1.1.0, `internal/dtoa.h`.
"""

import struct
from decimal import Decimal

import numpy as np

from serving.servables.model import Array

SINGLE_DIGITS = 9  # enough for every single
DOUBLE_DIGITS = 17  # enough for every double
_BRIEF_DIGITS = 6  # of `%g`
_SINGLE = struct.Struct("f")
_NON_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_CHUNK = 4096  # numbers formatted at once
_EXACT_POWER = 22  # powers of ten up to this one are doubles
_DUMP_POINT = (-6, 21)  # exponents between which RapidJSON writes no `e`


def format_float(value: float, digits: int) -> str:
    """Format a number as TensorFlow Serving does.

    Args:
        value: The number.
        digits: `SINGLE_DIGITS` or `DOUBLE_DIGITS`: the digits that always suffice.

    Returns:
        Such as `4.0`, `9e+06`, `0.333333343`, `NaN`, `-Infinity`.
    """
    text = f"{value:g}"
    kept = float(text)
    if digits == SINGLE_DIGITS:
        (kept,) = _SINGLE.unpack(_SINGLE.pack(kept))  # rounded to a single
    return _with_point(text if kept == value else f"{value:.{digits}g}")


def format_floats(array: Array) -> list[str]:
    """Format many numbers, each as `format_float` does, at a tenth of the time.

    Args:
        array: Numbers, float32 or float64, any shape.

    Returns:
        Their texts in row-major order.
    """
    digits = SINGLE_DIGITS if array.dtype == np.float32 else DOUBLE_DIGITS
    formats = np.array(["%g", "%g.0", f"%.{digits}g", f"%.{digits}g.0"], dtype=object)
    values = array.ravel()
    texts: list[str] = []
    for start in range(0, len(values), _CHUNK):  # others get a turn between
        chunk = values[start : start + _CHUNK]
        kinds, odd = _kinds_of(chunk, digits)
        numbers = chunk.tolist()
        written = (" ".join(formats[kinds].tolist()) % tuple(numbers)).split(" ")
        for place in odd.tolist():
            written[place] = format_float(numbers[place], digits)
        texts += written
    return texts


def _kinds_of(values: Array, digits: int) -> tuple[Array, Array]:
    """Choose a format for each number; return the places of those that need a closer look, too."""
    sizes = np.abs(values.astype(np.float64))
    with np.errstate(all="ignore"):  # zeros and numbers that are none are among the odd
        power = _BRIEF_DIGITS - 1 - np.floor(np.log10(sizes))
        is_odd = ~(np.abs(power) <= _EXACT_POWER)
        ten = 10.0 ** np.abs(power)
        brief = np.where(power >= 0, np.rint(sizes * ten) / ten, np.rint(sizes / ten) * ten)
        is_kept = brief.astype(values.dtype) == np.abs(values)
        is_whole = sizes == np.rint(sizes)
    is_without_exponent = sizes < np.where(is_kept, 10.0**_BRIEF_DIGITS, 10.0**digits)
    kinds = 2 * ~is_kept + (is_whole & is_without_exponent)
    return kinds, np.flatnonzero(is_odd)


def _with_point(text: str) -> str:
    """Return C's text of a number as JSON's of one that is no integer."""
    if "." in text or "e" in text:
        return text
    return _NON_FINITE.get(text) or f"{text}.0"


def dump_float(value: float) -> str:
    """Write a finite number as RapidJSON does in error messages.

    Args:
        value: The number.

    Returns:
        Such as `1.0`, `1e30`, `0.000001`, `18446744073709552000.0`.
    """
    if value == 0:
        return repr(value)
    sign, digit_tuple, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, digit_tuple))
    point = len(digits) + int(exponent)  # digits before the decimal point
    lowest, highest = _DUMP_POINT
    if len(digits) <= point <= highest:
        text = f"{digits}{'0' * (point - len(digits))}.0"
    elif 0 < point <= highest:
        text = f"{digits[:point]}.{digits[point:]}"
    elif lowest < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        text = f"{digits[0]}{'.' * (len(digits) > 1)}{digits[1:]}e{point - 1}"
    return "-" * sign + text
