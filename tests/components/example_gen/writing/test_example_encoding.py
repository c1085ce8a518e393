"""tf.Examples against protobuf's own."""

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from bert_aas.tables.values import Value
from components.example_gen.reading.batches import RowBatch
from components.example_gen.reading.column_types import ColumnType
from components.example_gen.writing.example_encoding import ExampleEncoder

INT, FLOAT, BYTES, MISSING = (
    ColumnType.INT,
    ColumnType.FLOAT,
    ColumnType.BYTES,
    ColumnType.MISSING,
)
LISTS = {INT: "int64_list", FLOAT: "float_list", BYTES: "bytes_list"}
TYPES: dict[ColumnType, Callable[[Any], Any]] = {
    INT: int,
    FLOAT: float,
    BYTES: lambda value: str(value).encode(),
}


def encode(columns: dict[str, ColumnType], values: dict[str, list[Value]]) -> list[bytes]:
    rows = len(next(iter(values.values())))
    batch = RowBatch("a.csv", range(4, 4 + rows), dict(values))
    return ExampleEncoder(columns, None).encode(batch)


def by_protobuf(number: int, **features: tuple[ColumnType, Value]) -> bytes:
    example = tf.train.Example()
    example.features.feature["row_key"].bytes_list.value.append(b"a.csv:%d" % number)
    for name, (kind, value) in features.items():
        feature = example.features.feature[name]
        if value is not None:
            getattr(feature, LISTS[kind]).value.append(TYPES[kind](value))
    return bytes(example.SerializeToString(deterministic=True))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (BYTES, ["H\u00fcte", "", "a" * 127, "a" * 128, "a" * 20_000, 7, 1.5, None]),
        (INT, ["0", "127", "128", "-1", "9223372036854775807", "-9223372036854775808", 3, None]),
        (FLOAT, ["0.1", "-0", "-0.0", 0.0, -0.0, "1e300", "1e-46", 2, "16777217", "nan", None]),
        (MISSING, [None]),
    ],
)
def test_bytes_are_those_of_protobuf(kind: ColumnType, values: list[Value]) -> None:
    expected = [by_protobuf(number, x=(kind, value)) for number, value in enumerate(values, 4)]
    assert encode({"x": kind}, {"x": values}) == expected


def test_features_are_in_the_order_of_their_names() -> None:
    columns = {"z": BYTES, "\u00e4": INT, "a" * 200: FLOAT, "B": BYTES}
    values: dict[str, list[Value]] = {"z": ["t"], "\u00e4": ["7"], "a" * 200: ["1.5"], "B": [None]}
    row = {name: (kind, values[name][0]) for name, kind in columns.items()}
    assert encode(columns, values) == [by_protobuf(4, **row)]


def test_a_column_that_no_row_has_is_missing() -> None:
    [example] = encode({"absent": INT, "t": BYTES}, {"t": ["x"]})
    assert example == by_protobuf(4, absent=(INT, None), t=(BYTES, "x"))


@pytest.mark.parametrize(("key", "expected"), [("r-1", b"r-1"), (None, b"a.csv:4")])
def test_the_key_column_names_the_row(key: str | None, expected: bytes) -> None:
    batch = RowBatch("a.csv", [4], {"id": [key]})
    [example] = ExampleEncoder({"id": BYTES}, "id").encode(batch)
    features = tf.train.Example.FromString(example).features.feature
    assert features["row_key"].bytes_list.value == [expected]
