"""Types of columns whose file has none: the narrowest that holds every value."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TypeAlias

from bert_aas.contracts.errors import InvalidInputError

TEXT = "VARCHAR"
BIGINT, DOUBLE, BOOLEAN = "BIGINT", "DOUBLE", "BOOLEAN"
DATE, TIMESTAMP = "DATE", "TIMESTAMP"
ZONED = "TIMESTAMP WITH TIME ZONE"
"""Times that say how far they are from UTC."""

Cell: TypeAlias = str | int | float | bool | None
"""A value of a text format: CSV and TSV have texts alone."""

_WIDER = {frozenset((BIGINT, DOUBLE)): DOUBLE, frozenset((DATE, TIMESTAMP)): TIMESTAMP}
_GIVEN: Mapping[str, str] = {
    **dict.fromkeys(("text", "string", "varchar"), TEXT),
    **dict.fromkeys(("integer", "int", "bigint", "long"), BIGINT),
    **dict.fromkeys(("float", "double", "number", "real"), DOUBLE),
    **dict.fromkeys(("boolean", "bool"), BOOLEAN),
    "date": DATE,
    **dict.fromkeys(("timestamp", "datetime"), TIMESTAMP),
    **dict.fromkeys(("timestamptz", ZONED.casefold()), ZONED),
}
_INT64 = range(-(2**63), 2**63)
_MOST_DIGITS = 20
# Digits after a leading zero are a code (a postcode, an article number), not a number.
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|nan|NaN")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?")
_TRUTH = {"true", "false"}


def given_type(text: str) -> str:
    """Read a type that a user gives.

    Args:
        text: A name such as `integer`, `text` or `timestamp`; SQL's names are known, too.

    Returns:
        SQL's name of the type.

    Raises:
        InvalidInputError: If there is no such type.
    """
    found = _GIVEN.get(text.strip().casefold())
    if found is None:
        raise InvalidInputError(
            f"'{text}' is no type of a column; give text, integer, float, boolean, date, timestamp "
            "or timestamptz"
        )
    return found


def type_of(value: Cell) -> str | None:
    """Give the narrowest type that holds a value.

    Args:
        value: The value.

    Returns:
        SQL's name of the type; None for a missing value.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        return BIGINT if value in _INT64 else TEXT
    if isinstance(value, float):
        return DOUBLE
    return _type_of_text(value)


def is_time(text: str) -> bool:
    """Tell whether a text is a date, or a date and a time."""
    return type_of(text) in {DATE, TIMESTAMP, ZONED}


def wider(first: str | None, second: str | None) -> str | None:
    """Give the narrowest type that holds the values of two."""
    if first is None or second is None or first == second:
        return first or second
    return _WIDER.get(frozenset((first, second)), TEXT)


def fits(value: Cell, wanted: str) -> bool:
    """Tell whether a value can be held by a type without a change of what it says."""
    if wanted == TEXT or value is None:
        return True
    return wider(type_of(value), wanted) == wanted


class ColumnTypes:
    """The types of columns, found row by row.

    Attributes:
        found: Name to type, in the order in which columns appear; None while all is missing.
    """

    def __init__(self, *, texts_have_types: bool) -> None:
        """Start without columns.

        Args:
            texts_have_types: Whether "7" is a number, as in CSV; in JSON lines it is a text.
        """
        self.found: dict[str, str | None] = {}
        self._texts_have_types = texts_have_types

    def add(self, name: str, values: Iterable[Cell]) -> None:
        """Look at some values of a column."""
        found = self.found.get(name)
        if found != TEXT:
            # 1, 1.0 and true are one element of a set, so only texts may be looked at once each.
            for value in set(values) if self._texts_have_types else values:
                found = wider(found, self._type(value))
                if found == TEXT:
                    break
        self.found[name] = found

    def names(self) -> dict[str, str]:
        """Give the types; a column without any value is one of texts."""
        return {name: found or TEXT for name, found in self.found.items()}

    def _type(self, value: Cell) -> str | None:
        if isinstance(value, str) and not self._texts_have_types:
            return TEXT
        return type_of(value)


def _type_of_text(text: str) -> str:
    if text.casefold() in _TRUTH:
        return BOOLEAN
    if _INTEGER.fullmatch(text):
        return BIGINT if len(text) <= _MOST_DIGITS and int(text) in _INT64 else TEXT
    if _NUMBER.fullmatch(text):
        return DOUBLE
    return _time_type(text) or TEXT


def _time_type(text: str) -> str | None:
    day, time = text[:10], text[11:]
    if not _DAY.fullmatch(day):
        return None
    try:
        date.fromisoformat(day)
        if len(text) == len(day):
            return DATE
        found = _TIME.fullmatch(time)
        if text[10] not in "T " or found is None:
            return None
        datetime.strptime(time[:5], "%H:%M")
    except ValueError:
        return None
    return ZONED if found[1] else TIMESTAMP
