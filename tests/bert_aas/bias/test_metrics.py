"""The formulas: published examples, numbers derived by hand, and what always holds."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bert_aas.bias import metrics
from tests.bert_aas.bias.admissions import DEPARTMENTS, MEN, WOMEN

DISTANCES = (
    metrics.jensen_shannon,
    metrics.lp_norm,
    metrics.total_variation,
    metrics.kolmogorov_smirnov,
)


def test_the_published_divergence() -> None:
    """Of 0.8 and 0.2 from 0.3 and 0.7: 0.8 ln(0.8/0.3) + 0.2 ln(0.2/0.7) = 0.53."""
    assert round(metrics.kullback_leibler([0.8, 0.2], [0.3, 0.7]), 2) == 0.53


def test_the_published_largest_difference() -> None:
    assert metrics.kolmogorov_smirnov([0.4, 0.4, 0.2], [0.2, 0.1, 0.7]) == pytest.approx(0.5)


def test_the_published_disparity() -> None:
    """Women are 46 % of those rejected and 32 % of those admitted."""
    assert metrics.demographic_disparity(46, 100, 32, 100) == pytest.approx(0.14)
    assert round(float(metrics.conditional_disparity(MEN.sum(0)[None], WOMEN.sum(0)[None])), 2) == (
        0.14
    )


def test_departments_explain_the_published_disparity() -> None:
    total = sum(sum(m) + sum(f) for m, f in ((d["m"], d["f"]) for d in DEPARTMENTS.values()))
    expected = Fraction(0)
    for department in DEPARTMENTS.values():
        (no_m, yes_m), (no_f, yes_f) = department["m"], department["f"]
        weight = Fraction(no_m + yes_m + no_f + yes_f, total)
        expected += weight * (Fraction(no_f, no_m + no_f) - Fraction(yes_f, yes_m + yes_f))
    assert float(expected) < 0
    assert metrics.conditional_disparity(MEN, WOMEN) == pytest.approx(float(expected))


def test_numbers_derived_by_hand() -> None:
    """Facet a: 3 of 4 rows positive; facet d: 1 of 4."""
    a, d = [0.25, 0.75], [0.75, 0.25]
    assert metrics.class_imbalance(6, 2) == 0.5
    assert metrics.difference_in_proportions(0.75, 0.25) == 0.5
    assert metrics.kullback_leibler(a, d) == pytest.approx(math.log(3) / 2)
    # Each is 0.75 ln 1.5 + 0.25 ln 0.5 from the mean, which is one half for both classes.
    assert metrics.jensen_shannon(a, d) == pytest.approx(0.75 * math.log(1.5) + math.log(0.5) / 4)
    assert metrics.lp_norm(a, d) == pytest.approx(math.sqrt(0.5))
    assert metrics.total_variation(a, d) == pytest.approx(0.5)
    assert metrics.kolmogorov_smirnov(a, d) == pytest.approx(0.5)


def test_a_class_that_facet_d_lacks_makes_the_divergence_infinite() -> None:
    assert metrics.kullback_leibler([0.5, 0.5], [1, 0]) == math.inf


def test_a_class_that_facet_a_lacks_adds_nothing_to_the_divergence() -> None:
    assert metrics.kullback_leibler([1, 0], [0.5, 0.5]) == pytest.approx(math.log(2))


def test_the_other_distances_count_a_class_that_a_facet_lacks() -> None:
    a, d = [0.5, 0.5, 0], [0.5, 0, 0.5]
    assert metrics.jensen_shannon(a, d) == pytest.approx(math.log(2) / 2)
    assert metrics.lp_norm(a, d) == pytest.approx(math.sqrt(0.5))
    assert metrics.total_variation(a, d) == pytest.approx(0.5)
    assert metrics.kolmogorov_smirnov(a, d) == pytest.approx(0.5)


def test_a_part_of_no_rows_is_zero() -> None:
    assert metrics.demographic_disparity(0, 0, 3, 4) == -0.75
    assert metrics.demographic_disparity(3, 4, 0, 0) == 0.75


def test_groups_have_the_weight_of_their_rows() -> None:
    """Three rows where d has all that is rejected, one row where it has nothing of either."""
    a = [[0, 2], [1, 0]]
    d = [[1, 0], [0, 0]]
    assert metrics.conditional_disparity(a, d) == pytest.approx(3 / 4)


@st.composite
def counts(draw: st.DrawFn) -> NDArray[Any]:
    """Draw rows `[2, classes]`; each facet has at least one."""
    classes = draw(st.integers(2, 6))
    side = st.lists(st.integers(0, 500), min_size=classes, max_size=classes)
    return np.array([draw(side.filter(any)) for _ in range(2)])


@given(counts())
def test_distances_are_the_same_with_the_facets_swapped(table: NDArray[Any]) -> None:
    a, d = metrics.shares(table)
    for distance in DISTANCES:
        assert distance(a, d) == pytest.approx(distance(d, a), abs=1e-12)


@given(counts())
def test_distances_lie_within_their_bounds(table: NDArray[Any]) -> None:
    a, d = metrics.shares(table)
    largest = metrics.kolmogorov_smirnov(a, d)
    assert -1e-12 <= metrics.jensen_shannon(a, d) <= metrics.LN_2 + 1e-12
    assert largest - 1e-12 <= metrics.total_variation(a, d) <= 1 + 1e-12
    assert largest - 1e-12 <= metrics.lp_norm(a, d) <= math.sqrt(2) + 1e-12
    assert (
        metrics.kullback_leibler(a, d) >= 2 * metrics.total_variation(a, d) ** 2 - 1e-9
    )  # Pinsker


@given(counts())
def test_nothing_differs_from_itself(table: NDArray[Any]) -> None:
    a, _ = metrics.shares(table)
    for distance in (*DISTANCES, metrics.kullback_leibler):
        assert distance(a, a) == pytest.approx(0, abs=1e-12)


@given(st.integers(0, 99), st.integers(1, 99))
def test_sizes_change_their_sign_with_the_facets(rows_a: int, rows_d: int) -> None:
    there = metrics.class_imbalance(rows_a, rows_d)
    assert there == -metrics.class_imbalance(rows_d, rows_a)
    assert -1 <= there <= 1


@given(st.lists(st.tuples(*[st.integers(1, 50)] * 4), min_size=1, max_size=5))
def test_disparity_changes_its_sign_with_the_facets(groups: list[tuple[int, ...]]) -> None:
    """Where every group has both outcomes: the parts of a and d add up to 1."""
    table = np.array(groups).reshape(-1, 2, 2)
    there = metrics.conditional_disparity(table[:, 0], table[:, 1])
    back = metrics.conditional_disparity(table[:, 1], table[:, 0])
    assert there == pytest.approx(-back, abs=1e-12)
