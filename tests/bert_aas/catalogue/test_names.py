"""Names of tables, and what a wrong one may have meant."""

import pytest

from bert_aas.catalogue.names import TableName, alike, run_number, table_name
from bert_aas.contracts.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("reviews", TableName("main", "reviews")),
        ("main.Reviews", TableName("main", "Reviews")),
        ("dsoaws.amazon_reviews", TableName("dsoaws", "amazon_reviews")),
    ],
)
def test_a_name_has_a_schema_or_none(text: str, name: TableName) -> None:
    assert table_name(text) == name
    assert table_name(str(name)) == name


@pytest.mark.parametrize("text", ["", "1st", "a b", "a.b.c", "a.", "a;b", 'a"b', "é", "x" * 64])
def test_what_sql_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="cannot be the name of a table"):
        table_name(text)


@pytest.mark.parametrize("text", ["runs", "Metrics", "main.runs", "splits.x", "run_3.train"])
def test_names_of_runs_are_taken(text: str) -> None:
    with pytest.raises(InvalidInputError, match="uses itself"):
        table_name(text)


def test_a_run_is_named_by_its_number() -> None:
    assert run_number("run_12") == run_number("RUN_12") == 12
    assert run_number("run_0") is run_number("run_x") is run_number("splits") is None


def test_a_wrong_name_is_near_some() -> None:
    assert alike("Review", ["reviews", "shops"]) == "; did you mean reviews?"
    assert not alike("xyz", ["reviews", "shops"])
