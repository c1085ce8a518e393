"""The order of class names for people: numbers by value, then names by letter."""

import math
import re
from collections.abc import Iterable


def natural_order(names: Iterable[str]) -> list[str]:
    """Sort class names: numbers by value, then words by letter with 2 before 10.

    Args:
        names: The names.

    Returns:
        The same names, sorted.
    """
    return sorted(names, key=_key)


def _key(name: str) -> tuple[bool, float, list[tuple[int, int, str]], str]:
    value = _number(name)
    # "nan" and "inf" are words here: there is no order with them.
    is_word = not math.isfinite(value)
    parts = re.split(r"(\d+)", name.casefold())
    words = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
    return is_word, 0.0 if is_word else value, words, name


def _number(name: str) -> float:
    try:
        return float(name)
    except ValueError:
        return math.nan
