import math

import numpy as np
import pytest
from scipy import stats

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.statistics import sample_ratio
from bert_aas.traffic.statistics.sample_ratio import log_ratio_evidence, shares_are_broken


def test_is_the_average_of_dirichlet_multinomial_ratios() -> None:
    counts, shares = [70, 20, 10], [0.6, 0.3, 0.1]

    planned = stats.multinomial.logpmf(counts, 100, shares)
    ratios = [
        math.exp(stats.dirichlet_multinomial.logpmf(counts, np.array(shares) * many, 100) - planned)
        for many in sample_ratio.CONCENTRATIONS
    ]

    assert log_ratio_evidence(counts, shares) == pytest.approx(math.log(np.mean(ratios)), rel=1e-9)


def test_shares_are_taken_in_percent_too() -> None:
    assert log_ratio_evidence([70, 30], [75, 25]) == log_ratio_evidence([70, 30], [0.75, 0.25])


def test_sound_shares_are_rarely_called_broken_at_any_time() -> None:
    """One in a thousand is allowed; a test read once at 0.001 would give several."""
    draw = np.random.default_rng(3)
    alarms = 0
    for _ in range(300):
        counts = np.cumsum(draw.random(1500) < 0.3)
        alarms += any(
            shares_are_broken(log_ratio_evidence([n + 1 - counts[n], counts[n]], [0.7, 0.3]))
            for n in range(0, 1500, 10)
        )

    assert alarms <= 2


def test_shares_off_by_three_points_are_found() -> None:
    assert not shares_are_broken(log_ratio_evidence([500, 530], [50, 50]))
    assert shares_are_broken(log_ratio_evidence([4700, 5300], [50, 50]))


def test_an_arm_that_gets_nothing_is_found_soon() -> None:
    assert shares_are_broken(log_ratio_evidence([22, 0], [50, 50]))


def test_a_key_of_an_arm_without_a_share_is_enough() -> None:
    assert log_ratio_evidence([100, 1], [100, 0]) == math.inf
    assert log_ratio_evidence([100, 0], [100, 0]) == pytest.approx(0.0)


def test_nothing_yet_is_no_evidence() -> None:
    assert log_ratio_evidence([0, 0], [50, 50]) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("counts", "shares"), [([1], [50, 50]), ([1, -1], [50, 50]), ([1, 1], [0, 0])]
)
def test_what_are_no_counts_is_refused(counts: list[float], shares: list[float]) -> None:
    with pytest.raises(InvalidInputError, match="are no counts for the shares"):
        log_ratio_evidence(counts, shares)
