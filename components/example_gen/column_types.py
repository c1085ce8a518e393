"""Tell integer, float and text columns apart over all rows, and write rows as tf.Examples."""

import re
from enum import IntEnum

from components.example_gen.records import Value
from components.example_gen.rows import Row
from models.params import ROW_KEY

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


def encode_row(row: Row, columns: dict[str, ColumnType], key_column: str | None) -> bytes:
    """Write a row as a serialized tf.Example with all columns and the feature `row_key`.

    Args:
        row: The row.
        columns: Every column of the data and its type; a missing value becomes an empty feature.
        key_column: Where the row's key is, else it is `<file name>:<row number>`.

    Returns:
        The serialized tf.Example, equal for equal rows.
    """
    import tensorflow as tf  # noqa: PLC0415 (preflight uses this module without TensorFlow)

    example = tf.train.Example()
    features = example.features.feature
    for name, kind in columns.items():
        value = row.values.get(name)
        feature = features[name]
        if value is None:
            continue  # without a kind TFDV counts it as missing; an empty list it does not
        if kind is ColumnType.INT:
            feature.int64_list.value.append(int(value))
        elif kind is ColumnType.FLOAT:
            feature.float_list.value.append(float(value))
        else:
            feature.bytes_list.value.append(_as_bytes(value))
    key = row.values.get(key_column) if key_column else None
    text_key = f"{row.file}:{row.number}" if key is None else str(key)
    features[ROW_KEY].bytes_list.value[:] = [text_key.encode()]
    return bytes(example.SerializeToString(deterministic=True))


def _as_bytes(value: Value) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
