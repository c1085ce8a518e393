import math

import numpy as np
import pytest

from benchmarks.traffic_streams import Streams, always_valid, first_verdicts
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.statistics.intervals import Interval, Rewards, difference_interval
from bert_aas.traffic.statistics.verdict import ArmRewards, Verdict, judge

CHAMPION = ArmRewards("3", 50, Rewards(690, 1000))


def verdict(total: float, number: float = 1000, evidence: float = 0.0) -> Verdict:
    [one] = judge([CHAMPION, ArmRewards("4", 50, Rewards(total, number))], evidence)
    return one


def test_better_says_by_how_much() -> None:
    one = verdict(790)

    assert one.word == "better"
    assert one.sentence.startswith(
        "Version 4 is better than 3 by 3.8 to 16.1 points: 0.790 of 1,000 ("
    )


def test_worse_says_by_how_much() -> None:
    one = verdict(590)

    assert one.word == "worse"
    assert one.difference.high < 0
    assert one.sentence.startswith("Version 4 is worse than 3 by ")
    assert "-" not in one.sentence


def test_not_yet_says_what_is_possible() -> None:
    one = verdict(700)

    assert one.word == "not yet"
    assert one.sentence.endswith("the difference is between -5.5 and +7.4 points.")


def test_no_feedback_is_said() -> None:
    one = verdict(0, 0)

    assert (one.word, one.difference) == ("not yet", Interval(-1.0, 1.0))
    assert "is better than 3: no feedback against 0.690 of 1,000" in one.sentence


def test_broken_shares_come_before_everything() -> None:
    assert verdict(790, evidence=math.log(999)).word == "better"
    assert verdict(790, evidence=math.log(1001)).word == "shares broken"


def test_challengers_share_the_probability_of_an_error() -> None:
    rewards = Rewards(740, 1000)
    arms = [CHAMPION, ArmRewards("4", 50, rewards), ArmRewards("5", 25, rewards)]

    found = judge(arms, alpha=0.04)

    expected = [difference_interval(CHAMPION.rewards, rewards, s, 0.02) for s in (0.5, 1 / 3)]
    assert [one.difference for one in found] == expected
    assert [one.challenger for one in found] == ["4", "5"]


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1])
def test_an_impossible_alpha_is_refused(alpha: float) -> None:
    with pytest.raises(InvalidInputError, match="must lie between 0 and 1"):
        judge([CHAMPION, CHAMPION], alpha=alpha)


def test_an_arm_without_a_share_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="share of version 4 must be above 0"):
        judge([CHAMPION, ArmRewards("4", 0, Rewards())])


@pytest.mark.parametrize(("rate", "share"), [(0.69, 0.5), (0.95, 0.2)])
def test_few_alarms_where_nothing_differs_read_after_every_answer(
    rate: float, share: float
) -> None:
    """`benchmarks.traffic_verdicts` does it with 2,000 streams."""
    streams = Streams(rate, rate, share, length=3000, number=300, seed=7)

    alarms = np.isfinite(first_verdicts(streams, always_valid(share))).mean()

    assert alarms <= 0.05


def test_a_difference_of_ten_points_is_found_in_good_time() -> None:
    streams = Streams(0.69, 0.79, 0.5, length=3000, number=100, seed=7)

    found = first_verdicts(streams, always_valid(0.5))

    assert np.isfinite(found).all()
    assert np.median(found) < 900
