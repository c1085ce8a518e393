import math

import numpy as np
import pytest

from bert_aas.traffic.statistics.evidence import least_log_evidence
from bert_aas.traffic.statistics.intervals import (
    Interval,
    Rewards,
    difference_interval,
    rate_interval,
)

# `confseq.boundaries.bernoulli_confidence_interval(total, number, 0.05, t_opt=number)` of confseq
# 0.0.11: tuned to be the tightest at this very number, which ours, for all numbers, cannot be.
TUNED = [
    (73, 100, 0.5849, 0.8506),
    (690, 1000, 0.6446, 0.7333),
    (3600, 5000, 0.7005, 0.7390),
    (4950, 5000, 0.9852, 0.9938),
]


@pytest.mark.parametrize(("total", "number", "low", "high"), TUNED)
def test_a_rate_is_nearly_as_tight_as_with_confseq_tuned(
    total: int, number: int, low: float, high: float
) -> None:
    ours = rate_interval(Rewards(total, number))

    width = high - low
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.06 * width)
    assert 0.95 * width < ours.high - ours.low < 1.11 * width


def test_the_ends_of_a_difference_are_where_the_evidence_is_enough() -> None:
    interval = difference_interval(Rewards(690, 1000), Rewards(700, 900), 0.4, 0.01)
    totals, numbers = np.array([690.0, 700.0]), np.array([1000.0, 900.0])

    for end in (interval.low, interval.high):
        weight = least_log_evidence(totals, numbers, np.array(end), 0.4)
        assert float(weight) == pytest.approx(-math.log(0.01), abs=1e-3)
    assert interval.low < 700 / 900 - 0.69 < interval.high


def test_a_difference_turns_around_with_its_arms() -> None:
    one = difference_interval(Rewards(690, 1000), Rewards(730, 1000), 0.4)
    other = difference_interval(Rewards(730, 1000), Rewards(690, 1000), 0.6)

    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-5)


def test_a_smaller_alpha_makes_it_wider() -> None:
    pair = (Rewards(690, 1000), Rewards(730, 1000), 0.5)

    wide, narrow = difference_interval(*pair, 0.01), difference_interval(*pair, 0.05)

    assert wide.low < narrow.low < narrow.high < wide.high


@pytest.mark.parametrize(
    ("champion", "challenger"),
    [(Rewards(), Rewards(3, 4)), (Rewards(3, 4), Rewards()), (Rewards(), Rewards())],
)
def test_without_feedback_everything_is_possible(champion: Rewards, challenger: Rewards) -> None:
    assert difference_interval(champion, challenger, 0.5) == Interval(-1.0, 1.0)


def test_a_rate_without_feedback_can_be_anything() -> None:
    assert rate_interval(Rewards()) == Interval(0.0, 1.0)


@pytest.mark.parametrize(("total", "low", "high"), [(0, True, False), (10, False, True)])
def test_all_wrong_and_all_right_reach_the_end(total: int, low: bool, high: bool) -> None:
    found = rate_interval(Rewards(total, 10))

    assert (found.low == 0.0, found.high == 1.0) == (low, high)
    assert found.high - found.low < 0.7


def test_rewards_of_servers_add_up() -> None:
    assert Rewards(2.5, 4) + Rewards(1, 6) == Rewards(3.5, 10)
    assert Rewards(3.5, 10).rate == pytest.approx(0.35)
    assert Rewards().rate is None
