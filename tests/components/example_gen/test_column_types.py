import pytest
import tensorflow as tf

from components.example_gen.column_types import ColumnType, encode_row, value_type
from components.example_gen.records import Value
from components.example_gen.rows import Row

INT, FLOAT, BYTES, MISSING = (
    ColumnType.INT,
    ColumnType.FLOAT,
    ColumnType.BYTES,
    ColumnType.MISSING,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", INT),
        ("-7", INT),
        ("0", INT),
        ("9223372036854775807", INT),
        ("9223372036854775808", BYTES),
        ("-9223372036854775808", INT),
        ("1" * 5000, BYTES),
        ("007", BYTES),
        ("1.5", FLOAT),
        ("-2e-3", FLOAT),
        ("nan", FLOAT),
        ("1,5", BYTES),
        ("٣", BYTES),
        ("x", BYTES),
    ],
)
def test_text_of_a_csv_is_a_number_if_nothing_is_lost(text: str, expected: ColumnType) -> None:
    assert value_type(text, numbers_as_text=True) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, MISSING), (3, INT), (2**63, BYTES), (0.5, FLOAT), ("3", BYTES), (b"\xff", BYTES)],
)
def test_typed_values_keep_their_type(value: Value, expected: ColumnType) -> None:
    assert value_type(value, numbers_as_text=False) is expected


def test_of_two_types_the_greater_holds_both() -> None:
    assert MISSING < INT < FLOAT < BYTES


def test_a_row_is_encoded_by_column_type() -> None:
    row = Row("a.csv", 5, 4, {"text": "Hüte", "n": "7", "x": "1", "gap": None})
    columns = {"text": BYTES, "n": INT, "x": FLOAT, "gap": MISSING, "absent": INT}
    features = tf.train.Example.FromString(encode_row(row, columns, None)).features.feature
    assert features["text"].bytes_list.value == ["Hüte".encode()]
    assert features["n"].int64_list.value == [7]
    assert features["x"].float_list.value == [1.0]
    assert features["gap"].WhichOneof("kind") is None  # what TFDV counts as missing
    assert features["absent"].WhichOneof("kind") is None
    assert features["row_key"].bytes_list.value == [b"a.csv:4"]


@pytest.mark.parametrize(("key", "expected"), [("r-1", b"r-1"), (None, b"a.csv:4")])
def test_the_key_column_names_the_row(key: str | None, expected: bytes) -> None:
    row = Row("a.csv", 5, 4, {"id": key})
    features = tf.train.Example.FromString(encode_row(row, {"id": BYTES}, "id")).features.feature
    assert features["row_key"].bytes_list.value == [expected]
