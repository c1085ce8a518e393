import json
import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from benchmarks.traffic_bandit import Story, learning, play
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.statistics.intervals import Rewards
from bert_aas.traffic.statistics.thompson import (
    Bandit,
    chances_of_being_best,
    from_document,
    learn,
    shares,
    start,
    to_document,
)


def chance_by_quadrature(arms: list[Rewards], place: int) -> float:
    posteriors = [stats.beta(1 + arm.total, 1 + arm.number - arm.total) for arm in arms]

    def best_at(rate: float) -> float:
        others = [one.cdf(rate) for other, one in enumerate(posteriors) if other != place]
        return float(posteriors[place].pdf(rate) * math.prod(others))

    return float(integrate.quad(best_at, 0, 1, points=[0.1, 0.5, 0.69, 0.7, 0.75], limit=400)[0])


@pytest.mark.parametrize(
    "arms",
    [
        [Rewards(69, 100), Rewards(79, 100)],
        [Rewards(0, 0), Rewards(1, 1)],
        [Rewards(0, 50), Rewards(3, 400), Rewards(10.5, 900)],
        [Rewards(690_000, 1_000_000), Rewards(690_500, 1_000_000), Rewards(0, 0)],
    ],
)
def test_chances_are_those_of_scipy(arms: list[Rewards]) -> None:
    expected = [chance_by_quadrature(arms, place) for place in range(len(arms))]

    assert chances_of_being_best(arms) == pytest.approx(expected, abs=2e-5)


# How often `MAB(versions, LearningPolicy.ThompsonSampling(), seed=1)` of mabwiser 2.7.4 predicts
# each version, of 40,000 times, after the same rewards.
PREDICTED = [
    ([Rewards(69, 100), Rewards(79, 100)], [2129, 37871]),
    ([Rewards(28, 40), Rewards(45, 60), Rewards(7, 9)], [6104, 16026, 17870]),
]


@pytest.mark.parametrize(("arms", "predicted"), PREDICTED)
def test_chances_are_how_often_mabwiser_predicts(arms: list[Rewards], predicted: list[int]) -> None:
    """Three standard deviations of 40,000 draws."""
    for chance, times in zip(chances_of_being_best(arms), predicted, strict=True):
        spread = math.sqrt(chance * (1 - chance) / 40_000)
        assert times / 40_000 == pytest.approx(chance, abs=3 * spread)


def test_a_version_that_was_never_seen_is_best_with_the_chance_of_a_coin() -> None:
    assert shares(start(["3", "4"])) == {"3": 50.0, "4": 50.0}


def test_what_is_surely_worse_keeps_the_least_share() -> None:
    rewards = {"3": Rewards(10, 100), "4": Rewards(900, 1000), "5": Rewards(10, 100)}

    bandit = learn(start(["3", "4", "5"], minimum_share=2), rewards)

    assert shares(bandit) == {"3": 2.0, "4": 96.0, "5": 2.0}


def test_shares_of_three_equal_versions_sum_to_100() -> None:
    assert shares(start(["3", "4", "5"])) == {"3": 33.34, "4": 33.33, "5": 33.33}


def test_rewards_count_half_after_the_half_life() -> None:
    bandit = learn(start(["3", "4"], half_life=200), {"3": Rewards(60, 100)})

    after = learn(bandit, {"4": Rewards(150, 200)})

    assert after.rewards == {"3": Rewards(30, 50), "4": Rewards(150, 200)}


def test_with_an_infinite_half_life_nothing_is_forgotten() -> None:
    bandit = learn(start(["3", "4"], half_life=math.inf), {"3": Rewards(60, 100)})

    assert learn(bandit, {"4": Rewards(1, 9)}).rewards["3"] == Rewards(60, 100)


def test_rewards_of_strangers_are_left_out() -> None:
    bandit = start(["3", "4"], half_life=1)

    assert learn(bandit, {"9": Rewards(5, 5)}) == bandit


@pytest.mark.parametrize("half_life", [500.0, math.inf])
def test_the_state_survives_json(half_life: float) -> None:
    bandit = learn(start(["3", "4"], 3.0, half_life), {"3": Rewards(6.5, 10)})

    again = from_document(json.loads(json.dumps(to_document(bandit), allow_nan=False)))

    assert again == bandit
    assert shares(again) == shares(bandit)


REWARDS = {"3": {"total": 1, "number": 2}, "4": {"total": 1, "number": 2}}
SOUND = {"format": 1, "minimum_share": 1.0, "half_life": None, "rewards": REWARDS}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "no state of a bandit"),
        ({**SOUND, "format": 2}, "no state of a bandit of format 1"),
        ({"format": 1}, "is not complete: 'half_life'"),
        ({**SOUND, "rewards": {"3": 1}}, "is not complete"),
        ({**SOUND, "rewards": []}, "is not complete"),
        ({**SOUND, "half_life": "long"}, "is not complete: could not convert"),
        ({**SOUND, "half_life": 0}, "half-life is 0; it must be above 0"),
        ({**SOUND, "minimum_share": 51}, "minimum share of 51 % does not fit 2 versions"),
        ({**SOUND, "minimum_share": math.nan}, "minimum share of nan %"),
        ({**SOUND, "rewards": {"3": REWARDS["3"]}}, "needs two different versions, not only 3"),
        (
            {**SOUND, "rewards": {**REWARDS, "4": {"total": 3, "number": 2}}},
            "Version 4 cannot have a reward of 3 in 2 answers",
        ),
        (
            {**SOUND, "rewards": {**REWARDS, "4": {"total": math.nan, "number": 2}}},
            "Version 4 cannot have a reward of nan",
        ),
    ],
)
def test_a_state_that_is_none_is_refused(document: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        from_document(document)


def test_the_same_version_twice_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="two different versions"):
        start(["3", "3"])


def leading(story: Story, half_life: float, length: int, runs: int = 8) -> np.ndarray[Any, Any]:
    """The best version's share, bundle by bundle, on average over runs."""
    played = [
        play(story, learning(half_life)(2), np.random.default_rng(run), length)
        for run in range(runs)
    ]
    return np.asarray(np.mean([each[1] for each in played], axis=0))


def test_the_better_version_gets_nearly_all() -> None:
    found = leading(Story("", (0.69, 0.79)), 10_000, 6_000)

    assert found[-1] > 0.95


def test_late_rewards_are_counted_when_they_come() -> None:
    found = leading(Story("", (0.69, 0.79), delay=10), 10_000, 6_000)

    assert (found[:10] == 0.5).all()
    assert found[-1] > 0.95


def test_comes_back_when_the_versions_swap() -> None:
    swap = Story("", (0.69, 0.79), (0.79, 0.69))

    forgetful = leading(swap, 2_000, 16_000)
    stubborn = leading(swap, math.inf, 16_000)

    assert forgetful[79] > 0.9
    assert forgetful[80] < 0.1
    assert forgetful[-1] > 0.9
    assert stubborn[-1] < 0.8


def test_a_bandit_is_a_value() -> None:
    bandit = start(["3", "4"])
    learn(bandit, {"3": Rewards(1, 1)})

    assert bandit == Bandit({"3": Rewards(), "4": Rewards()})
