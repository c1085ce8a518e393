"""Intervals: published examples, ends that cannot be left, and how often they hold the truth."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bert_aas.bias import intervals, metrics, significance


def divergence(a: NDArray[Any], d: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = metrics.jensen_shannon(metrics.shares(a), metrics.shares(d))
    return found


def of_divergence(counts: NDArray[Any], *, differ: bool) -> intervals.Interval:
    found = intervals.of_divergence(divergence, counts, differ=differ)
    assert found is not None
    return found


def test_wilsons_published_interval() -> None:
    """81 of 263, as in Newcombe 1998, "Two-sided confidence intervals", table I."""
    assert intervals.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_newcombes_published_interval() -> None:
    """56 of 70 and 48 of 80, as in Newcombe 1998, table II (a)."""
    assert intervals.newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_shares_of_none_and_of_all() -> None:
    low, high = intervals.wilson(0, 10)
    assert low == 0
    assert high == pytest.approx(0.2775, abs=5e-5)
    assert intervals.wilson(10, 10) == pytest.approx((1 - high, 1))


def test_sizes() -> None:
    low, high = intervals.wilson(20, 100)
    assert intervals.of_sizes(80, 20) == pytest.approx((1 - 2 * high, 1 - 2 * low))


@pytest.mark.parametrize(
    ("difference", "distance"),
    [((0.1, 0.3), (0.2, 0.6)), ((-0.3, -0.1), (0.2, 0.6)), ((-0.3, 0.1), (0, 0.6))],
)
def test_the_size_of_a_difference(
    difference: tuple[float, float], distance: tuple[float, float]
) -> None:
    assert intervals.of_distance(difference, 2) == pytest.approx(distance)


def test_no_difference_means_that_zero_belongs_to_it() -> None:
    counts = np.array([[30, 40], [29, 41]])
    low, high = of_divergence(counts, differ=False)
    assert low == 0
    assert high > divergence(*counts)


def test_a_difference_means_that_it_lies_above_zero() -> None:
    counts = np.array([[300, 400], [600, 200]])
    low, high = of_divergence(counts, differ=True)
    assert 0 < low < divergence(*counts) < high < metrics.LN_2


def kullback_leibler(a: NDArray[Any], d: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = metrics.kullback_leibler(metrics.shares(a), metrics.shares(d))
    return found


def test_an_infinite_figure_has_no_interval() -> None:
    counts = np.array([[50, 50], [0, 90]])
    assert intervals.of_divergence(kullback_leibler, counts, differ=True) is None


def test_a_figure_that_may_be_infinite_has_no_upper_end() -> None:
    """One of 90 rows: the class is missing in a third of the drawn tables."""
    found = intervals.of_divergence(kullback_leibler, np.array([[50, 50], [1, 89]]), differ=True)
    assert found is not None
    assert 0 <= found[0] < found[1] == math.inf


def test_equal_counts_give_equal_intervals() -> None:
    counts = np.array([[30, 40, 3], [29, 41, 9]])
    first, second = (of_divergence(counts, differ=True) for _ in range(2))
    assert first == second


def test_a_group_within_a_facet_keeps_its_rows_apart() -> None:
    counts = np.array([[[5, 9], [7, 3]], [[8, 2], [1, 6]]])
    low, high = intervals.of_signed(metrics.conditional_disparity, counts)
    assert -1 <= low < metrics.conditional_disparity(*counts) < high <= 1


@given(st.integers(1, 60), st.integers(1, 60), st.data())
def test_intervals_hold_their_figure(rows_a: int, rows_d: int, data: st.DataObject) -> None:
    some_a, some_d = (data.draw(st.integers(0, rows)) for rows in (rows_a, rows_d))
    low, high = intervals.newcombe(some_a, rows_a, some_d, rows_d)
    assert -1 - 1e-12 <= low <= some_a / rows_a - some_d / rows_d <= high <= 1 + 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("rows", [(60, 40), (1000, 150)])
@pytest.mark.parametrize(
    ("shares_a", "shares_d"),
    [
        ((0.3, 0.7), (0.3, 0.7)),
        ((0.2, 0.8), (0.6, 0.4)),
        ((0.1, 0.2, 0.4, 0.2, 0.1), (0.1, 0.2, 0.4, 0.2, 0.1)),
        ((0.1, 0.2, 0.4, 0.2, 0.1), (0.15, 0.25, 0.3, 0.2, 0.1)),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(
    rows: tuple[int, int], shares_a: tuple[float, ...], shares_d: tuple[float, ...]
) -> None:
    """95 %, but for what chance does to 300 tables."""
    rng = np.random.default_rng(0)
    truth = float(metrics.jensen_shannon(shares_a, shares_d))
    held = 0
    for _ in range(300):
        counts = np.array(
            [rng.multinomial(n, s) for n, s in zip(rows, (shares_a, shares_d), strict=True)]
        )
        differ = significance.same_distribution(counts) < significance.ALPHA
        low, high = of_divergence(counts, differ=differ)
        held += low - 1e-12 <= truth <= high
    assert held >= 0.92 * 300
