"""What can be asked, and how values are compared."""

import pytest

from bert_aas.bias.questions import Facet, Question, as_number, same_value, spelt_value
from bert_aas.contracts.errors import InvalidInputError


@pytest.mark.parametrize(
    ("given", "facet"),
    [
        ("sex", Facet("sex")),
        ("sex=f", Facet("sex", values=("f",))),
        ("sex=", Facet("sex", values=("",))),
        ("age>60", Facet("age", above=60)),
        ("age<18.5", Facet("age", below=18.5)),
        ("note=a=b", Facet("note", values=("a=b",))),
    ],
)
def test_facets_of_a_command_line(given: str, facet: Facet) -> None:
    assert Facet.of(given) == facet


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "needs a column or patterns"),
        ({"column": "age", "above": 1.0, "below": 2.0}, "at most one of values, above and below"),
        ({"patterns": ("she",)}, "a facet of patterns needs a name, and has no column"),
        ({"patterns": ("she",), "name": "w", "column": "x"}, "a facet of patterns needs a name"),
        ({"patterns": ("(",), "name": "w"}, r"the pattern '\(', which is no regular expression"),
    ],
)
def test_facets_that_mean_nothing(arguments: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        Facet(**arguments)  # type: ignore[arg-type]


def test_a_bound_that_is_no_number() -> None:
    with pytest.raises(InvalidInputError, match="'age>old' needs a number after '>'"):
        Facet.of("age>old")


def test_a_question_without_a_facet() -> None:
    with pytest.raises(InvalidInputError, match="name at least one"):
        Question("label", [])


def test_a_facet_twice() -> None:
    with pytest.raises(InvalidInputError, match="the facet 'sex' is there twice"):
        Question("label", [Facet("sex"), Facet("sex")])


def test_patterns_without_a_text() -> None:
    with pytest.raises(InvalidInputError, match="no column of texts is named"):
        Question("label", [Facet(name="women", patterns=("she",))])


def test_columns_that_are_read() -> None:
    facets = [Facet("sex"), Facet("age", above=60)]
    assert Question("label", facets, group="sex", texts=["text"]).columns == ("label", "sex", "age")
    words = Facet(name="women", patterns=("she",))
    assert Question("label", [words], texts=["text"]).columns == ("label", "text")


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (1.0, "1"), (True, "true"), ("x", "x"), ("", None), (None, None), (b"\xff", None),
     (float("nan"), None), (b"x", "x")],
)  # fmt: skip
def test_spelling(value: object, text: str | None) -> None:
    assert spelt_value(value) == text


@pytest.mark.parametrize(
    ("given", "found", "same"),
    [
        ("5", "5.0", True),
        ("5.0", "5", True),
        ("5", "50", False),
        ("x", "x", True),
        ("x", "y", False),
    ],
)
def test_numbers_match_however_they_are_spelt(given: str, found: str, same: bool) -> None:
    assert same_value(given, found) is same


@pytest.mark.parametrize("text", ["old", "", "inf", "nan", "1,5"])
def test_what_is_no_number(text: str) -> None:
    assert as_number(text) is None
