"""The verdict on a challenger, in words; it may be read every minute and acted on at any time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.statistics.intervals import (
    Interval,
    Rewards,
    difference_interval,
    rate_interval,
)
from bert_aas.traffic.statistics.sample_ratio import shares_are_broken

Word: TypeAlias = Literal["better", "worse", "not yet", "shares broken"]

ALPHA = 0.05
"""The probability that a challenger as good as the champion is EVER called better or worse."""


@dataclass(frozen=True)
class ArmRewards:
    """An arm of a plan and what it got.

    Attributes:
        name: The version.
        share: Its share as planned, in any unit.
        rewards: What it got.
    """

    name: str
    share: float
    rewards: Rewards


@dataclass(frozen=True)
class Verdict:
    """What is known of one challenger.

    Attributes:
        word: The verdict.
        challenger: Name of the challenger.
        difference: Where its rate minus the champion's lies, at all times at once.
        sentence: The verdict for people.
    """

    word: Word
    challenger: str
    difference: Interval
    sentence: str


def judge(
    arms: Sequence[ArmRewards], log_ratio_evidence: float = 0.0, alpha: float = ALPHA
) -> list[Verdict]:
    """Judge all challengers of a plan.

    Args:
        arms: The champion first.
        log_ratio_evidence: What `sample_ratio.log_ratio_evidence` said of the keys of the arms.
        alpha: The probability that one of the challengers is EVER judged wrongly. It is divided
            among them.

    Returns:
        One verdict per challenger, in their order.

    Raises:
        InvalidInputError: If `alpha` is not between 0 and 1, or a share is not above 0.

    Example:
        >>> champion = ArmRewards("3", 50, Rewards(690, 1000))
        >>> [one.word for one in judge([champion, ArmRewards("4", 50, Rewards(790, 1000))])]
        ['better']
    """
    if not 0 < alpha < 1:
        raise InvalidInputError(f"alpha is {alpha}; it must lie between 0 and 1.")
    for arm in arms:
        if arm.share <= 0:
            raise InvalidInputError(f"The share of version {arm.name} must be above 0 to judge it.")
    broken = shares_are_broken(log_ratio_evidence)
    return [_judge_one(arms[0], arm, broken, alpha / len(arms[1:])) for arm in arms[1:]]


def _judge_one(champion: ArmRewards, one: ArmRewards, broken: bool, alpha: float) -> Verdict:
    share = one.share / (champion.share + one.share)
    difference = difference_interval(champion.rewards, one.rewards, share, alpha)
    word = _word(difference, broken)
    return Verdict(word, one.name, difference, _sentence(word, champion, one, difference))


def _word(difference: Interval, broken: bool) -> Word:
    if broken:
        return "shares broken"
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < 0 else "not yet"


def _sentence(word: Word, champion: ArmRewards, one: ArmRewards, difference: Interval) -> str:
    if word == "shares broken":
        return (
            f"Versions {one.name} and {champion.name} cannot be compared: the keys were not shared "
            "out as planned."
        )
    rates = f"{_rate(one)} against {_rate(champion)}"
    low, high = difference.low * 100, difference.high * 100
    if word == "not yet":
        return (
            f"Not yet known whether version {one.name} is better than {champion.name}: {rates}; "
            f"the difference is between {low:+.1f} and {high:+.1f} points."
        )
    least, most = (low, high) if word == "better" else (-high, -low)
    return (
        f"Version {one.name} is {word} than {champion.name} by {least:.1f} to {most:.1f} points: "
        f"{rates}."
    )


def _rate(arm: ArmRewards) -> str:
    rewards = arm.rewards
    if rewards.rate is None:
        return "no feedback"
    interval = rate_interval(rewards)
    return (
        f"{rewards.rate:.3f} of {rewards.number:,.0f} ({interval.low:.3f} to {interval.high:.3f})"
    )
