"""Types of columns: the narrowest that holds every value."""

from datetime import date, datetime

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.catalogue.types import Cell, ColumnTypes, fits, given_type, type_of
from bert_aas.contracts.errors import InvalidInputError

ZONED = "TIMESTAMP WITH TIME ZONE"


def found(values: list[Cell], *, in_csv: bool = True) -> str:
    types = ColumnTypes(texts_have_types=in_csv)
    for value in values:
        types.add("column", [value])
    return types.names()["column"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-20", None], "BIGINT"),
        (["1", "2.5"], "DOUBLE"),
        (["2.5", "1"], "DOUBLE"),
        (["1", "true"], "VARCHAR"),
        (["true", "FALSE"], "BOOLEAN"),
        (["007", "8"], "VARCHAR"),
        (["9223372036854775807"], "BIGINT"),
        (["9223372036854775808"], "VARCHAR"),
        (["2026-02-28", None], "DATE"),
        (["2026-02-30"], "VARCHAR"),
        (["2026-02-28", "2026-02-28 10:00"], "TIMESTAMP"),
        (["2026-02-28T10:00:00.5"], "TIMESTAMP"),
        (["2026-02-28T25:00"], "VARCHAR"),
        (["2026-02-28T10:00:00Z", "2026-02-28T10:00+02:00"], ZONED),
        (["2026-02-28T10:00:00Z", "2026-02-28T10:00"], "VARCHAR"),
        ([None], "VARCHAR"),
        (["1e3", "nan"], "DOUBLE"),
    ],
)
def test_the_narrowest_type_of_texts(values: list[Cell], kind: str) -> None:
    assert found(values) == kind


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, True], "VARCHAR"),
        ([True, None], "BOOLEAN"),
        ([1, 1.5], "DOUBLE"),
        (["5", "6"], "VARCHAR"),
        ([2**64], "VARCHAR"),
    ],
)
def test_json_says_its_types(values: list[Cell], kind: str) -> None:
    assert found(values, in_csv=False) == kind


def test_values_fit_a_type_that_changes_nothing() -> None:
    assert fits("5", "DOUBLE")
    assert fits("5", "VARCHAR")
    assert fits(None, "BIGINT")
    assert not fits("5.5", "BIGINT")
    assert not fits("x", "DATE")


def test_a_type_has_a_plain_name_and_sqls() -> None:
    assert given_type("Integer") == given_type("BIGINT") == "BIGINT"
    with pytest.raises(InvalidInputError, match="'money' is no type of a column"):
        given_type("money")


@given(
    st.one_of(
        st.integers(),
        st.floats(allow_infinity=False),
        st.booleans(),
        st.dates(),
        st.datetimes(min_value=datetime(1000, 1, 1)),
        st.text(),
    )
)
def test_duckdb_reads_what_we_gave_a_type(value: object) -> None:
    """Whatever type we write down, DuckDB's cast takes the value."""
    text = value.isoformat() if isinstance(value, (date, datetime)) else str(value)
    kind = type_of(text)
    with duckdb.connect() as connection:
        asked = connection.execute(f"SELECT CAST(? AS {kind})", [text])
        (back,) = asked.fetchone() or ()
    if isinstance(value, (date, datetime)):
        assert kind in {"DATE", "TIMESTAMP"}
        assert back == value
    elif kind == "BIGINT":
        assert str(back) == text.replace("-0", "0") if text == "-0" else str(back) == text
