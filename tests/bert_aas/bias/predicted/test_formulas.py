"""The formulas: published examples to all their digits, and numbers derived by hand."""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.bias.predicted import formulas

METRICS: dict[str, Callable[[Any, Any], Any]] = {
    "DI": formulas.disparate_impact,
    **formulas.RATIOS,
    **{name: functools.partial(formulas.share_difference, name) for name in formulas.SHARES},
}


def outcomes(tn: int, fn: int, fp: int, tp: int) -> Any:
    return np.array([[tn, fp], [fn, tp]])


A, D = outcomes(tn=20, fn=5, fp=10, tp=65), outcomes(tn=18, fn=7, fp=5, tp=20)
"""The tables of the guide's pages on recall and specificity."""


def predicted(labels: tuple[int, int], predictions: tuple[int, int]) -> Any:
    """Make outcomes of the numbers of negative and positive labels and predictions."""
    tp = min(labels[1], predictions[1])
    return outcomes(
        tn=labels[0] - (predictions[1] - tp), fn=labels[1] - tp, fp=predictions[1] - tp, tp=tp
    )


@pytest.mark.parametrize(
    ("positive_a", "positive_d", "found"),
    [((70, 60), (20, 30), 1 / 2), ((50, 60), (40, 30), -1 / 2)],
)
def test_the_published_conditional_acceptance(
    positive_a: tuple[int, int], positive_d: tuple[int, int], found: float
) -> None:
    """Labels over predictions: 70/60 - 20/30 = 1/2, and 50/60 - 40/30 = -1/2."""
    a, d = (
        predicted((100 - labels, labels), (100 - predictions, predictions))
        for labels, predictions in (positive_a, positive_d)
    )
    assert formulas.conditional_acceptance(a, d) == pytest.approx(found, abs=1e-15)


@pytest.mark.parametrize(
    ("negative_d", "negative_a", "found"),
    [((40, 30), (50, 60), 1 / 2), ((20, 30), (70, 60), -1 / 2)],
)
def test_the_published_conditional_rejection(
    negative_d: tuple[int, int], negative_a: tuple[int, int], found: float
) -> None:
    """Labels over predictions: 40/30 - 50/60 = 1/2, and 20/30 - 70/60 = -1/2."""
    a, d = (
        predicted((labels, 100 - labels), (predictions, 100 - predictions))
        for labels, predictions in (negative_a, negative_d)
    )
    assert formulas.conditional_rejection(a, d) == pytest.approx(found, abs=1e-15)


def test_the_published_differences_of_recall_and_specificity() -> None:
    assert round(float(METRICS["RD"](A, D)), 4) == 0.1878
    assert round(float(METRICS["SD"](A, D)), 4) == 0.1159


def test_the_published_treatment_equality() -> None:
    """5/2 - 8/6 = 1.167."""
    a, d = outcomes(tn=0, fn=8, fp=6, tp=0), outcomes(tn=0, fn=5, fp=2, tp=0)
    assert round(float(formulas.treatment_equality(a, d)), 3) == 1.167


def test_numbers_derived_by_hand() -> None:
    """Facet a: 100 rows, 75 predicted positive; facet d: 50 rows, 25 predicted positive."""
    assert METRICS["DPPL"](A, D) == pytest.approx(75 / 100 - 25 / 50)
    assert METRICS["DI"](A, D) == pytest.approx((25 / 50) / (75 / 100))
    assert METRICS["AD"](A, D) == pytest.approx(85 / 100 - 38 / 50)
    assert METRICS["DAR"](A, D) == pytest.approx(65 / 75 - 20 / 25)
    assert METRICS["DRR"](A, D) == pytest.approx(18 / 25 - 20 / 25)
    # 12 benefits of 0, 123 of 1, 15 of 2: the mean is 153/150, that of the squares 183/150.
    assert METRICS["GE"](A, D) == pytest.approx(((183 / 150) / (153 / 150) ** 2 - 1) / 2)


@pytest.mark.parametrize(
    ("some", "of", "found"), [(0, 0, 0), (2, 0, math.inf), (0, 3, 0), (1, 4, 0.25)]
)
def test_dividing(some: float, of: float, found: float) -> None:
    assert formulas.divide(some, of) == found


def test_an_infinite_ratio_and_two_of_them() -> None:
    never_predicted = outcomes(tn=5, fn=5, fp=0, tp=0)
    assert formulas.conditional_acceptance(never_predicted, D) == math.inf
    assert formulas.conditional_acceptance(D, never_predicted) == -math.inf
    assert formulas.conditional_acceptance(never_predicted, never_predicted) == 0
    assert formulas.disparate_impact(never_predicted, D) == math.inf
    assert formulas.disparate_impact(never_predicted, never_predicted) == 0


def test_where_every_prediction_is_a_false_negative() -> None:
    nothing = outcomes(tn=0, fn=4, fp=0, tp=0)
    assert formulas.generalized_entropy(nothing, nothing) == math.inf


tables = st.lists(st.integers(0, 60), min_size=8, max_size=8).filter(
    lambda found: sum(found[:4]) > 0 and sum(found[4:]) > 0
)


@given(tables)
def test_swapping_the_facets(found: list[int]) -> None:
    a, d = np.array(found).reshape(2, 2, 2)
    for name, metric in METRICS.items():
        there, back = float(metric(a, d)), float(metric(d, a))
        if name == "DI":
            assert there * back == pytest.approx(1) or {there, back} <= {0.0, math.inf}
        elif name == "GE":
            assert there == back
        else:
            assert there == -back


@given(tables)
def test_swapping_the_classes(found: list[int]) -> None:
    """What is a positive class for one is the negative one for the other."""
    a, d = np.array(found).reshape(2, 2, 2)
    other_a, other_d = a[::-1, ::-1], d[::-1, ::-1]
    for name, other in {"RD": "SD", "DAR": "DRR", "DCAcc": "DCR"}.items():
        assert METRICS[name](a, d) == -METRICS[other](other_a, other_d)
    assert METRICS["DPPL"](a, d) == pytest.approx(-METRICS["DPPL"](other_a, other_d), abs=1e-12)
    assert METRICS["AD"](a, d) == METRICS["AD"](other_a, other_d)


@given(tables)
def test_many_tables_at_once(found: list[int]) -> None:
    a, d = np.array(found).reshape(2, 2, 2)
    for metric in METRICS.values():
        both = metric(np.stack([a, d]), np.stack([d, a]))
        assert both.tolist() == [float(metric(a, d)), float(metric(d, a))]
