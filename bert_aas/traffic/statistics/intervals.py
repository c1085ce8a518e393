"""Intervals that hold at all times at once: of a rate, and of the difference of two rates."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bert_aas.traffic.statistics.evidence import Array, least_log_evidence, log_evidence_of_one

_HALVINGS = 22


@dataclass(frozen=True)
class Rewards:
    """What one arm got.

    Attributes:
        total: Sum of the rewards, each in [0, 1]; for accuracy, how many answers were right.
        number: How many rewards.
    """

    total: float = 0.0
    number: float = 0.0

    @property
    def rate(self) -> float | None:
        """The mean reward; None before the first one."""
        return self.total / self.number if self.number else None

    def __add__(self, other: "Rewards") -> "Rewards":
        """Put the rewards of two servers together."""
        return Rewards(self.total + other.total, self.number + other.number)


@dataclass(frozen=True)
class Interval:
    """Where a true value lies.

    Attributes:
        low: Lower end.
        high: Upper end.
    """

    low: float
    high: float


def rate_interval(rewards: Rewards, alpha: float = 0.05) -> Interval:
    """Say where the true rate of an arm lies.

    Args:
        rewards: What the arm got.
        alpha: The probability that the interval EVER leaves the true rate out.

    Returns:
        The interval, within [0, 1]; all of it before the first reward.

    Example:
        >>> one = rate_interval(Rewards(73, 100))
        >>> round(one.low, 2), round(one.high, 2)
        (0.57, 0.85)
    """
    if not rewards.number:
        return Interval(0.0, 1.0)
    total, number = np.array([rewards.total] * 2), np.array([rewards.number] * 2)
    low, high = _ends(
        lambda rates: log_evidence_of_one(total, number, rates),
        rewards.total / rewards.number,
        (0.0, 1.0),
        -math.log(alpha),
    )
    return Interval(low, high)


def difference_interval(
    champion: Rewards, challenger: Rewards, share: float, alpha: float = 0.05
) -> Interval:
    """Say where the challenger's rate minus the champion's lies.

    Args:
        champion: What the champion got.
        challenger: What the challenger got.
        share: The challenger's share as planned, in (0, 1); see `evidence.log_evidence`.
        alpha: The probability that the interval EVER leaves the true difference out.

    Returns:
        The interval, within [-1, 1]; all of it until both arms have a reward.

    Example:
        >>> one = difference_interval(Rewards(690, 1000), Rewards(790, 1000), 0.5)
        >>> round(one.low, 2), round(one.high, 2)
        (0.03, 0.17)
    """
    if not champion.number or not challenger.number:
        return Interval(-1.0, 1.0)
    totals = np.array([[champion.total] * 2, [challenger.total] * 2])
    numbers = np.array([[champion.number] * 2, [challenger.number] * 2])
    middle = challenger.total / challenger.number - champion.total / champion.number
    low, high = _ends(
        lambda differences: least_log_evidence(totals, numbers, differences, share),
        middle,
        (-1.0, 1.0),
        -math.log(alpha),
    )
    return Interval(low, high)


def _ends(
    weigh: Callable[[Array], Array], middle: float, limits: tuple[float, float], allowed: float
) -> tuple[float, float]:
    """Find where the evidence reaches what is allowed, on both sides of a value that it favours."""
    inside, outside = np.array([middle, middle]), np.array(limits)
    reached = weigh(outside) < allowed
    for _ in range(_HALVINGS):
        tried = (inside + outside) / 2
        within = weigh(tried) < allowed
        inside = np.where(within, tried, inside)
        outside = np.where(within, outside, tried)
    low, high = np.where(reached, np.array(limits), outside)
    return float(low), float(high)
