"""Whole reports: which comparisons there are, what each figure is, what is corrected."""

import doctest
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.bias import measuring
from bert_aas.bias.figures import BiasReport, Comparison
from bert_aas.bias.measuring import measure_bias
from bert_aas.bias.questions import Facet
from bert_aas.contracts.errors import InvalidInputError
from tests.bert_aas.bias.admissions import rows

NAMES = ["CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL"]


def value(comparison: Comparison, name: str) -> float:
    figure = comparison.figure(name)
    assert figure is not None
    assert figure.value is not None
    return figure.value


def test_the_examples() -> None:
    assert doctest.testmod(measuring).failed == 0


def test_the_admissions() -> None:
    report = measure_bias(
        rows(), label="admitted", facets=["sex"], positive=["yes"], group="department"
    )
    women, men = report.comparisons
    assert (women.value, women.d.rows, women.d.positive) == ("f", 1835, 557)
    assert (men.d.rows, men.d.positive) == (2691, 1198)
    assert value(women, "CI") == pytest.approx((2691 - 1835) / 4526)
    assert value(women, "DPL") == pytest.approx(1198 / 2691 - 557 / 1835)
    assert round(value(women, "CDDL"), 4) == -0.0193
    assert women.figure("DPL").is_sure  # type: ignore[union-attr]
    assert not women.figure("CDDL").is_sure  # type: ignore[union-attr]
    assert report.sure == (women, men)


def test_mirrored_comparisons_are_one_test() -> None:
    """Of women against men and men against women; yes against no and no against yes."""
    table = rows()
    both = measure_bias(table, label="admitted", facets=["sex"], group="department")
    assert len(both.comparisons) == 4
    assert both.tests == 2  # all rows, and within departments
    one = measure_bias(table, label="admitted", facets=[Facet("sex", values=("f",))])
    assert one.tests == 1


def test_each_class_in_turn_and_all_of_them() -> None:
    table = {"stars": [1, 2, 3] * 4, "shop": list("xyxyxyyxyxyx")}
    report = measure_bias(table, label="stars", facets=[Facet("shop", values=("x",))])
    assert [one.positive for one in report.comparisons] == [("1",), ("2",), ("3",), ()]
    whole = report.comparisons[-1]
    assert [figure.name for figure in whole.figures] == ["KL", "JS", "LP", "TVD", "KS"]
    assert report.tests == 4


def test_positive_classes_together() -> None:
    table = {"stars": [1, 2, 3, 4] * 2, "shop": list("xxxxxyyy")}
    report = measure_bias(
        table, label="stars", facets=[Facet("shop", values=("x",))], positive=[3, "4.0"]
    )
    assert [one.positive for one in report.comparisons] == [("3", "4"), ()]
    assert (report.comparisons[0].d.positive, report.comparisons[0].a.positive) == (2, 2)


@pytest.mark.parametrize(
    ("positive", "sentence"),
    [(["maybe"], "no row has the positive class 'maybe'.*its classes are 'no', 'yes'"),
     (["no", "yes"], "all classes are named as positive")],
)  # fmt: skip
def test_positive_classes_that_cannot_be(positive: list[str], sentence: str) -> None:
    table = {"sex": ["f", "m"], "hired": ["no", "yes"]}
    with pytest.raises(InvalidInputError, match=sentence):
        measure_bias(table, label="hired", facets=["sex"], positive=positive)


def test_a_column_that_is_not_there() -> None:
    with pytest.raises(InvalidInputError, match="no column 'age'; its columns are 'sex', 'hired'"):
        measure_bias({"sex": ["f"], "hired": [1]}, label="hired", facets=["age"])


def test_a_data_frame_is_a_table() -> None:
    table = rows()
    frame = pd.DataFrame(table)
    arguments: dict[str, Any] = {"label": "admitted", "facets": ["sex"], "group": "department"}
    assert measure_bias(frame, **arguments) == measure_bias(table, **arguments)


def test_whole_numbers_that_a_frame_turned_into_floats() -> None:
    frame = pd.DataFrame({"hired": [1, 0, None, 1], "age": [30.0, 40, 50, float("nan")]})
    report = measure_bias(frame, label="hired", facets=["age"], positive=[1])
    assert report.classes == ("0", "1")
    assert (report.without_label, report.without_value) == (1, {"age": 1})


def test_without_groups_there_is_no_conditional_disparity() -> None:
    report = measure_bias(rows(), label="admitted", facets=["sex"])
    figure = report.comparisons[0].figure("CDDL")
    assert figure is not None
    assert (figure.value, figure.error) == (None, "no column of groups is named")


def test_an_infinite_divergence_is_said() -> None:
    table = {"sex": ["f", "f", "m", "m"], "hired": ["no", "no", "no", "yes"]}
    report = measure_bias(table, label="hired", facets=["sex"], positive=["yes"])
    figure = report.comparisons[0].figure("KL")
    assert figure is not None
    assert figure.value == math.inf
    assert figure.error == "infinite: the facet lacks a class of the other rows"


def test_groups_of_one_outcome_are_counted() -> None:
    table = {"sex": list("ffmm"), "hired": ["no", "no", "no", "yes"], "dept": list("xyxy")}
    report = measure_bias(table, label="hired", facets=["sex"], positive=["yes"], group="dept")
    assert report.comparisons[0].one_sided_groups == 1


@pytest.mark.parametrize(
    ("rows_d", "positive_d", "few"),
    [
        (29, 15, "too few rows: one side has 29, 30 are needed"),
        (40, 1, "too few rows: a class is expected in 3.3 rows of one side, 5 are needed"),
        (40, 20, ""),
    ],
)
def test_too_few_rows(rows_d: int, positive_d: int, few: str) -> None:
    table = {
        "shop": ["x"] * rows_d + ["y"] * 200,
        "good": [1] * positive_d + [0] * (rows_d - positive_d) + [1] * 19 + [0] * 181,
    }
    report = measure_bias(table, label="good", facets=["shop"], positive=[1])
    assert report.comparisons[0].few == few


cells = st.lists(st.integers(0, 40), min_size=8, max_size=8).filter(
    lambda found: any(found[:4]) and any(found[4:]) and (any(found[::2]) and any(found[1::2]))
)


def expanded(found: list[int]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {"side": [], "dept": [], "label": []}
    places = [(s, g, c) for s in "ad" for g in "AB" for c in ("no", "yes")]
    for (side, group, label), number in zip(places, found, strict=True):
        table["side"] += [side] * number
        table["dept"] += [group] * number
        table["label"] += [label] * number
    return table


@given(cells)
def test_swapping_the_facets(found: list[int]) -> None:
    report: BiasReport = measure_bias(
        expanded(found), label="label", facets=["side"], positive=["yes"], group="dept"
    )
    a, d = report.comparisons
    for name in ("CI", "DPL"):
        assert value(a, name) == pytest.approx(-value(d, name))
    for name in ("JS", "LP", "TVD", "KS"):
        assert value(a, name) == pytest.approx(value(d, name), abs=1e-12)
    if not a.one_sided_groups:
        assert value(a, "CDDL") == pytest.approx(-value(d, "CDDL"), abs=1e-12)
    for one in report.comparisons:
        for figure in one.figures:
            assert figure.value is not None
            if figure.interval is None:
                assert (figure.name, figure.value) == ("KL", math.inf)
                continue
            assert figure.interval[0] <= figure.value <= figure.interval[1]
            assert (figure.p_value or 0) <= (figure.adjusted or 1) + 1e-12


@given(cells)
def test_swapping_the_classes(found: list[int]) -> None:
    table = expanded(found)
    arguments: dict[str, Any] = {"label": "label", "facets": [Facet("side", values=("d",))]}
    no, yes = measure_bias(table, **arguments).comparisons
    assert value(no, "DPL") == pytest.approx(-value(yes, "DPL"), abs=1e-12)
    assert np.isclose(value(no, "KL"), value(yes, "KL")) or value(no, "KL") == math.inf
