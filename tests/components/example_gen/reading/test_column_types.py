import pytest

from bert_aas.tables.values import Value
from components.example_gen.reading.column_types import ColumnType, column_type, value_type

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


def test_a_column_has_the_type_that_holds_all_its_values() -> None:
    assert column_type(["7", None, "1.5"], numbers_as_text=True) is FLOAT
    assert column_type([1, 1.0], numbers_as_text=False) is FLOAT
    assert column_type([], numbers_as_text=False) is MISSING
