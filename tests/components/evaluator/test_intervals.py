import math

import pytest
from scipy.stats import binomtest

from components.evaluator.intervals import interval_of


@pytest.mark.parametrize(
    ("jackknife", "expected"),
    [
        ((0.71, 0.85), (0.71, 0.85)),
        ((0.81, 0.85), (0.8, 0.85)),
        ((0.71, 0.79), (0.71, 0.8)),
        ((0.7, 0.7), (0.7, 0.8)),
    ],
)
def test_the_interval_holds_the_value(
    jackknife: tuple[float, float], expected: tuple[float, float]
) -> None:
    assert interval_of(0.8, jackknife, math.nan) == expected


@pytest.mark.parametrize("rows", [1, 5, 300])
@pytest.mark.parametrize("value", [0, 1])
def test_all_right_or_none_is_no_certainty(rows: int, value: int) -> None:
    exact = binomtest(value * rows, rows).proportion_ci(0.95, "exact")
    assert interval_of(value, (value, value), rows) == pytest.approx((exact.low, exact.high))


@pytest.mark.parametrize("rows", [math.nan, 0.0])
def test_where_nothing_is_known_there_is_no_interval(rows: float) -> None:
    assert all(map(math.isnan, interval_of(1.0, (1.0, 1.0), rows)))


def test_an_interval_that_is_not_there_stays_away() -> None:
    for value in (0.8, 1.0, 0.0):
        assert all(map(math.isnan, interval_of(value, (math.nan, math.nan), 20)))
    assert all(map(math.isnan, interval_of(math.nan, (math.nan, math.nan), 20)))


def test_some_width_is_the_jackknifes() -> None:
    assert interval_of(1.0, (0.9, 1.0), 20) == (0.9, 1.0)
