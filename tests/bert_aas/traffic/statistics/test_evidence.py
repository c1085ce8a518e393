import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize, special

from bert_aas.traffic.statistics import evidence

SHARE = 0.3
RATES = (0.69, 0.73)


def weigh(totals: list[float], numbers: list[float], rates: tuple[float, float]) -> float:
    return float(evidence.log_evidence(np.array(totals), np.array(numbers), np.array(rates), SHARE))


def chance(rewards: tuple[int, ...], arms: tuple[int, ...]) -> float:
    """How likely rewards of 0 and 1 are."""
    pairs = zip(rewards, arms, strict=True)
    return math.prod(RATES[arm] if reward else 1 - RATES[arm] for reward, arm in pairs)


def by_turns(past: tuple[int, ...]) -> int:
    return len(past) % 2


def follows_the_winner(past: tuple[int, ...]) -> int:
    return int(sum(past) * 2 <= len(past))


@pytest.mark.parametrize("choose", [by_turns, follows_the_winner])
def test_the_expected_evidence_against_the_truth_is_one(
    choose: Callable[[tuple[int, ...]], int],
) -> None:
    expected = 0.0
    for rewards in itertools.product((0, 1), repeat=7):
        arms = tuple(choose(rewards[:place]) for place in range(len(rewards)))
        numbers = [float(arms.count(arm)) for arm in (0, 1)]
        totals = [
            float(sum(r for r, a in zip(rewards, arms, strict=True) if a == arm)) for arm in (0, 1)
        ]
        expected += chance(rewards, arms) * math.exp(weigh(totals, numbers, RATES))

    assert expected == pytest.approx(1.0, abs=1e-9)


def test_rewards_between_0_and_1_give_no_more_evidence_than_chance() -> None:
    """Both arms get 0.5 for sure, the least spread that there is."""
    assert weigh([50, 50], [100, 100], (0.5, 0.5)) < 0


def test_is_the_average_of_likelihood_ratios() -> None:
    """The same sum, ratio by ratio."""
    totals, numbers = (60.0, 45.0), (80.0, 55.0)
    moves, weights = evidence._MOVES, np.exp(evidence._LOG_WEIGHTS)
    moved = 0.0
    for move, weight in zip(moves, weights, strict=True):
        ratio = 1.0
        for arm, part in enumerate((-SHARE, 1 - SHARE)):
            other = special.expit(special.logit(RATES[arm]) + move * part)
            ratio *= (other / RATES[arm]) ** totals[arm]
            ratio *= ((1 - other) / (1 - RATES[arm])) ** (numbers[arm] - totals[arm])
        moved += weight * ratio
    anywhere = math.prod(
        special.beta(hits + 1, all_ - hits + 1) / (rate**hits * (1 - rate) ** (all_ - hits))
        for hits, all_, rate in zip(totals, numbers, RATES, strict=True)
    )

    assert weigh([*totals], [*numbers], RATES) == pytest.approx(
        math.log(0.95 * moved + 0.05 * anywhere), rel=1e-9
    )


def test_the_weights_sum_to_one() -> None:
    assert np.exp(evidence._LOG_WEIGHTS).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("difference", [-0.3, 0.0, 0.04, 0.6])
def test_the_least_evidence_is_that_of_an_optimiser(difference: float) -> None:
    totals, numbers = np.array([60.0, 45.0]), np.array([80.0, 55.0])

    found = optimize.minimize_scalar(
        lambda low: weigh([*totals], [*numbers], (low, low + difference)),
        bounds=(max(0.0, -difference), min(1.0, 1 - difference)),
        method="bounded",
        options={"xatol": 1e-10},
    )
    ours = evidence.least_log_evidence(totals, numbers, np.array(difference), SHARE)

    assert float(ours) == pytest.approx(found.fun, abs=1e-6)


def test_an_impossible_claim_has_infinite_evidence() -> None:
    assert weigh([1, 0], [1, 1], (0.0, 0.5)) == math.inf


def test_the_quick_look_leaves_nothing_out() -> None:
    draw = np.random.default_rng(5)
    numbers = draw.integers(1, 400, (2, 300)).astype(float)
    totals = draw.binomial(numbers.astype(int), draw.uniform(0.3, 0.9, (2, 300))).astype(float)

    slow = evidence.least_log_evidence(totals, numbers, np.zeros(300), SHARE) >= -math.log(0.05)

    assert 50 < slow.sum() < 280
    np.testing.assert_array_equal(evidence.differ(totals, numbers, SHARE, 0.05), slow)
