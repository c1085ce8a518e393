"""Tell integer, float and text columns apart over all rows."""

import re
from collections.abc import Iterable
from enum import IntEnum

from bert_aas.tables.values import Value

_INT64 = range(-(2**63), 2**63)
_MAX_INT_DIGITS = 19
# Digits after a leading zero are a code (a postcode, an article number), not a number.
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|nan|NaN")


class ColumnType(IntEnum):
    """What a column holds; of two types, the greater can hold both."""

    MISSING = 0
    INT = 1
    FLOAT = 2
    BYTES = 3


def column_type(values: Iterable[Value], numbers_as_text: bool) -> ColumnType:
    """Give the narrowest type that holds all values.

    Args:
        values: Some rows' values.
        numbers_as_text: True for CSV and TSV, where "7" is an integer.

    Returns:
        The type; MISSING if there are no values.
    """
    # 1 and 1.0 are one element of a set, so only texts may be looked at once each.
    distinct = set(values) if numbers_as_text else values
    kinds = (value_type(value, numbers_as_text) for value in distinct)
    return max(kinds, default=ColumnType.MISSING)


def value_type(value: Value, numbers_as_text: bool) -> ColumnType:
    """Give the narrowest type that holds one value.

    Args:
        value: A row's value.
        numbers_as_text: True for CSV and TSV, where "7" is an integer.

    Returns:
        Its type; an integer beyond 64 bits is BYTES.
    """
    if value is None:
        return ColumnType.MISSING
    if isinstance(value, int):
        return ColumnType.INT if value in _INT64 else ColumnType.BYTES
    if isinstance(value, float):
        return ColumnType.FLOAT
    if isinstance(value, str) and numbers_as_text:
        return _type_of_text(value)
    return ColumnType.BYTES


def _type_of_text(text: str) -> ColumnType:
    if _INT.fullmatch(text):
        fits = len(text) < _MAX_INT_DIGITS or (
            len(text) <= _MAX_INT_DIGITS + 1 and int(text) in _INT64
        )
        return ColumnType.INT if fits else ColumnType.BYTES
    return ColumnType.FLOAT if _FLOAT.fullmatch(text) else ColumnType.BYTES
