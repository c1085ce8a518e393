"""Rows counted by facet, group and class."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.bias.counting import MOST_VALUES, Counted, RowCounter
from bert_aas.bias.questions import Facet, Question
from bert_aas.contracts.errors import InvalidInputError


def counted(columns: Mapping[str, Any], *facets: Facet, **question: Any) -> Counted:
    counter = RowCounter(Question("label", facets, **question))
    counter.add(columns)
    return counter.counted()


def test_each_value_of_a_column_against_the_rest() -> None:
    table = {"label": ["n", "y", "y", "n"], "sex": ["f", "m", "m", "x"]}
    found = counted(table, Facet("sex"))
    assert [(one.facet, one.value) for one in found.contrasts] == [
        ("sex", "f"),
        ("sex", "m"),
        ("sex", "x"),
    ]
    assert found.contrasts[0].counts.tolist() == [[[1, 2]], [[1, 0]]]
    assert found.contrasts[1].counts.tolist() == [[[2, 0]], [[0, 2]]]


def test_several_values_together() -> None:
    table = {"label": ["n", "y", "y", "n"], "stars": [1.0, 2, "3", 4]}
    (one,) = counted(table, Facet("stars", values=("1", "3.0"))).contrasts
    assert one.value == "1, 3.0"
    assert one.counts.tolist() == [[[1, 1]], [[1, 1]]]


@pytest.mark.parametrize(
    ("facet", "d"), [(Facet("age", above=40), [0, 2]), (Facet("age", below=40), [1, 0])]
)
def test_a_bound_leaves_itself_out(facet: Facet, d: list[int]) -> None:
    table = {"label": ["n", "y", "y", "y"], "age": ["39.9", 40, 41, "60"]}
    assert counted(table, facet).contrasts[0].counts[1].tolist() == [d]


def test_words_in_any_text() -> None:
    facet = Facet(name="women", patterns=("she", "wom[ae]n"))
    table = {
        "label": ["a", "b", "a", "b", "a"],
        "text": ["She left", "the sheep", "", None, "a man"],
        "pair": ["", "", "no WOMEN here", "he", "ashe"],
    }
    (one,) = counted(table, facet, texts=["text", "pair"]).contrasts
    assert (one.facet, one.value) == ("women", "she, wom[ae]n")
    assert one.counts.tolist() == [[[1, 2]], [[2, 0]]]


def test_groups() -> None:
    table = {"label": ["n", "y", "n"], "sex": ["f", "m", "m"], "dept": ["A", "B", None]}
    found = counted(table, Facet("sex", values=("f",)), group="dept")
    assert found.groups == ("(none)", "A", "B")
    assert found.contrasts[0].counts.tolist() == [
        [[1, 0], [0, 0], [0, 1]],
        [[0, 0], [1, 0], [0, 0]],
    ]


def test_classes_are_numbers_in_their_order_then_words() -> None:
    table = {"label": [10, "9", "x", -1.0, " 9 "], "sex": ["f", "m", "m", "m", "f"]}
    assert counted(table, Facet("sex")).classes == ("-1", "9", "10", "x")


def test_rows_without_a_value_are_left_out() -> None:
    table = {"label": ["n", "y", "y", None, " "], "sex": ["f", "m", "", "f", None]}
    found = counted(table, Facet("sex", values=("f",)))
    assert (found.rows, found.without_label, found.without_value) == (5, 2, {"sex": 1})
    assert found.contrasts[0].counts.sum() == 2


@pytest.mark.parametrize(
    ("labels", "sexes", "facet", "sentence"),
    [
        (["n", "n"], "fm", Facet("sex"), "'label' has 1 different values"),
        (["n", "y"], "ff", Facet("sex"), "'sex' has 1 different values; a facet needs at least"),
        (
            ["n", "y"],
            "fm",
            Facet("sex", values=("x",)),
            "no row belongs to the facet 'sex' (x), so there is nothing to compare; values of the "
            "column are 'f', 'm'",
        ),
        (["n", "y"], "ff", Facet("sex", values=("f",)), "every row belongs to the facet 'sex' (f)"),
        (
            ["n", "y"],
            "fm",
            Facet("sex", above=3),
            "the column 'sex' holds 'f', which is no number",
        ),
    ],
)
def test_nothing_to_compare(labels: list[str], sexes: str, facet: Facet, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(sentence)):
        counted({"label": labels, "sex": list(sexes)}, facet)


def test_too_many_values() -> None:
    rows = MOST_VALUES + 1
    table = {"label": ["n", "y"] * rows, "id": [str(n) for n in range(rows)] * 2}
    with pytest.raises(
        InvalidInputError, match="100 different values; name values, a bound or another"
    ):
        counted(table, Facet("id"))
    assert counted(table, Facet("id", values=("7",))).contrasts[0].counts[1].sum() == 2
    with pytest.raises(
        InvalidInputError, match="'id' has more than 100 different groups; name another"
    ):
        counted(table, Facet("id", values=("7",)), group="id")


rows_drawn = st.lists(
    st.tuples(
        st.sampled_from(["n", "y", "z", None]),
        st.sampled_from(["f", "m", None]),
        st.sampled_from(["A", "B"]),
    ),
    max_size=40,
)


@given(rows_drawn, st.integers(1, 7))
def test_rows_add_up_however_they_are_cut(rows: list[tuple[Any, ...]], size: int) -> None:
    always = [("n", "f", "A"), ("y", "m", "B")]
    names, rows = ("label", "sex", "dept"), always + rows
    whole, parts = (RowCounter(Question("label", [Facet("sex")], group="dept")) for _ in range(2))
    whole.add({name: [row[place] for row in rows] for place, name in enumerate(names)})
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        parts.add({name: [row[place] for row in part] for place, name in enumerate(names)})
    found, again = whole.counted(), parts.counted()
    for one, other in zip(found.contrasts, again.contrasts, strict=True):
        assert np.array_equal(one.counts, other.counts)
        left_out = found.without_label + found.without_value["sex"]
        assert one.counts.sum() + left_out == found.rows == len(rows)
