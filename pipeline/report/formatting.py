"""Numbers, durations and long values as people read them."""

import math
from typing import Any

MISSING = "\N{EN DASH}"
_MINUTE_S, _HOUR_S = 60, 3600
_SMALL, _LARGE = 1e-3, 1e4


def number(value: Any, digits: int = 4) -> str:
    """Write any value; numbers with separators and few digits.

    Args:
        value: Anything; `None` and NaN become a dash.
        digits: Digits after the point of a fraction.

    Returns:
        The text, for example `12,345` or `0.8123` or `1e-4`.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _fraction(value, digits)
    if isinstance(value, (list, tuple)):
        return ", ".join(number(item, digits) for item in value) or MISSING
    return str(value)


def _fraction(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return str(value)
    if value and abs(value) < _SMALL:
        mantissa, _, exponent = f"{value:.2e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    if abs(value) >= _LARGE or value == int(value):
        return f"{value:,.0f}"
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def share(value: float | None, digits: int = 1) -> str:
    """Write a share as a percentage.

    Args:
        value: Between 0 and 1; `None` and NaN become a dash.
        digits: Digits after the point.

    Returns:
        For example `12.3 %`.
    """
    if value is None or math.isnan(value):
        return MISSING
    if 0 < value < 0.5 * 10 ** -(digits + 2):
        return f"< {10**-digits:g} %"
    return f"{100 * value:.{digits}f} %"


def metric(value: float | None) -> str:
    """Write a metric with three digits after the point.

    Args:
        value: The metric; `None` and NaN become a dash.

    Returns:
        For example `0.812`.
    """
    return MISSING if value is None or math.isnan(value) else f"{value:.3f}"


def duration(seconds: float) -> str:
    """Write a duration.

    Args:
        seconds: At least 0.

    Returns:
        For example `0.4 s`, `42 s`, `3 min 5 s` or `2 h 10 min`.
    """
    if seconds < 9.95:  # noqa: PLR2004 - 10.0 s would be one digit too many
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s"
    return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"


def clock(seconds: float) -> str:
    """Write a duration as short as it can be.

    Args:
        seconds: At least 0.

    Returns:
        For example `0.4 s`, `1:05 min` or `2:10 h`.
    """
    whole = round(seconds)
    if whole < _MINUTE_S:
        return duration(seconds)
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S}:{whole % _MINUTE_S:02d} min"
    return f"{whole // _HOUR_S}:{whole % _HOUR_S // _MINUTE_S:02d} h"


def shorten(value: str, limit: int) -> str:
    """Cut the middle out of a long value.

    Args:
        value: Any text.
        limit: Characters to keep.

    Returns:
        At most `limit` characters.
    """
    if len(value) <= limit:
        return value
    tail = (limit - 1) // 2
    return f"{value[: limit - 1 - tail]}…{value[len(value) - tail :]}"


def in_words(name: str) -> str:
    """Write an identifier as words.

    Args:
        name: For example `macro_f1`.

    Returns:
        For example `Macro F1`.
    """
    fixed = {"auc": "AUC", "f1": "F1"}
    words = [fixed.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


def two_lines(words: list[str]) -> list[str]:
    """Spread the words of a name over at most two lines of about the same length.

    Args:
        words: The parts of the name, in order.

    Returns:
        One line, or two.
    """
    splits = range(1, len(words))
    if not splits:
        return ["".join(words)]
    place = min(splits, key=lambda at: max(len("".join(words[:at])), len("".join(words[at:]))))
    return ["".join(words[:place]), "".join(words[place:])]
