"""Probabilities by hand, and against scipy's tests where one of them asks the same."""

import math

import pytest
from scipy.stats import binom, binomtest

from components.optimizer.comparing.chance import can_tell, chance_of_difference, chance_of_loss


def test_no_more_lost_than_allowed_is_no_surprise() -> None:
    assert chance_of_loss(1000, 3, 0, 0.003) == 1
    assert chance_of_loss(1000, 5, 9, 0.0) == 1
    assert chance_of_loss(10, 0, 0, 0.0) == 1


def test_all_rows_lost_by_hand() -> None:
    # Just good enough, as like these rows as can be: half of the rows lost, 0.003 more than won.
    lost = (1 + 0.003) / 2
    assert chance_of_loss(3, 3, 0, 0.003) == pytest.approx(lost**3, rel=1e-3)


def test_where_nothing_is_won_rows_lost_are_binomial() -> None:
    assert chance_of_loss(362, 1, 0, 0.0027) == pytest.approx(1 - (1 - 0.0027) ** 362, abs=0.01)


@pytest.mark.parametrize(("lost", "won"), [(30, 15), (60, 40), (25, 24)])
def test_without_a_margin_it_is_about_mcnemars_exact_test(lost: int, won: int) -> None:
    expected = binomtest(lost, lost + won, alternative="greater").pvalue
    assert chance_of_loss(1000, lost, won, 0.0) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("won", [0, 5, 50])
def test_more_lost_is_less_likely(won: int) -> None:
    chances = [chance_of_loss(1000, lost, won, 0.003) for lost in range(won + 4, won + 40)]
    assert chances == sorted(chances, reverse=True)
    assert chances[-1] < 0.05


def test_forms_that_are_just_good_enough_are_seldom_refused() -> None:
    # 1,000 rows, 2 % lost and 1.7 % won in truth: all samples by their probability.
    refused = 0.0
    for changed in range(101):
        of_changed = binom.pmf(changed, 1000, 0.037)
        for lost in range(changed + 1):
            if chance_of_loss(1000, lost, changed - lost, 0.003) < 0.05:
                refused += of_changed * binom.pmf(lost, changed, 0.02 / 0.037)
    assert 0.02 < refused < 0.06


def test_differences_are_binomial() -> None:
    # 1 - 0.99**10: at least one of ten rows.
    assert chance_of_difference(10, 1, 0.01) == pytest.approx(1 - 0.99**10)
    assert chance_of_difference(10, 0, 0.01) == 1
    assert chance_of_difference(10, 1, 0.0) == 0


def test_few_rows_cannot_tell() -> None:
    assert not can_tell(12, 0.003)
    assert can_tell(1000, 0.003)
    assert math.isclose(chance_of_loss(1, 1, 0, 0.003), (1 + 0.003) / 2)
