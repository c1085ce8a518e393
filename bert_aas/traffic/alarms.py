"""When a challenger does worse than the champion by more than a plan allows. Pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bert_aas.traffic.figures import Figures

Measure: TypeAlias = Literal[
    "error_rate", "p99_ratio", "confidence_drop", "disagreement", "reward_drop"
]
Action: TypeAlias = Literal["rollback", "hold"]

MEASURES: tuple[Measure, ...] = (
    "error_rate",
    "p99_ratio",
    "confidence_drop",
    "disagreement",
    "reward_drop",
)
ACTIONS: tuple[Action, ...] = ("rollback", "hold")
CRASH_WINDOW_S = 300.0
"""How far back crashes of an engine count, seconds."""

_P99 = 0.99
_FEWEST_CRASHES = 3
_CRASH_RATE = 0.01


@dataclass(frozen=True)
class Alarm:
    """A limit for challengers, against the champion in the same window of time.

    Attributes:
        measure: `error_rate`: share of failed requests, less the champion's; `p99_ratio`: the 99th
            percentile of the time, over the champion's; `confidence_drop`: mean of the largest
            probability, the champion's less the challenger's; `disagreement`: share of the rows
            that both answered with another class; `reward_drop`: mean reward of feedback, the
            champion's less the challenger's.
        above: The limit; more than it is an alarm.
        window_s: How far back, seconds.
        min_samples: Requests (or rows) that the challenger needs in it, and the champion for all
            but `error_rate` and `disagreement`.
        action: What follows.
    """

    measure: Measure
    above: float
    window_s: float = 300.0
    min_samples: int = 100
    action: Action = "rollback"


@dataclass(frozen=True)
class Finding:
    """An alarm that went off.

    Attributes:
        action: What follows.
        reason: What was found, in words.
    """

    action: Action
    reason: str


def judge(alarm: Alarm, name: str, champion: Figures, challenger: Figures) -> Finding | None:
    """Hold a challenger against the champion.

    Args:
        alarm: The limit.
        name: The challenger.
        champion: What the champion did in the window.
        challenger: What the challenger did.

    Returns:
        What was found; None if it is within the limit, or too little is known.
    """
    value = _VALUES[alarm.measure](champion, challenger, alarm.min_samples)
    if value is None or value <= alarm.above:
        return None
    return Finding(
        alarm.action,
        f"{alarm.measure} of version {name} is {value:.4g}, above {alarm.above:g}, in the last "
        f"{alarm.window_s:g} s ({challenger.requests} requests, the champion {champion.requests})",
    )


def judge_crashes(name: str, champion: Figures, challenger: Figures) -> Finding | None:
    """Look whether a challenger's engine crashes: an alarm that every plan has.

    Args:
        name: The challenger.
        champion: What the champion did in the last five minutes.
        challenger: What the challenger did.

    Returns:
        What was found: at least three crashes, in one request of a hundred more than the champion.
    """
    more = challenger.crash_rate - champion.crash_rate
    if challenger.crashes < _FEWEST_CRASHES or more < _CRASH_RATE:
        return None
    return Finding(
        "rollback",
        f"the engine of version {name} failed at {challenger.crashes} of {challenger.requests} "
        f"requests in the last {CRASH_WINDOW_S:g} s, the champion's at {champion.crashes} of "
        f"{champion.requests}",
    )


def _error_rate(champion: Figures, challenger: Figures, fewest: int) -> float | None:
    if challenger.error_rate is None or challenger.requests < fewest:
        return None
    return challenger.error_rate - (champion.error_rate or 0.0)


def _p99_ratio(champion: Figures, challenger: Figures, fewest: int) -> float | None:
    well = [figures.requests - figures.errors for figures in (champion, challenger)]
    before, after = (figures.quantile_s(_P99) for figures in (champion, challenger))
    if min(well) < fewest or before is None or after is None:
        return None
    return after / before


def _confidence_drop(champion: Figures, challenger: Figures, fewest: int) -> float | None:
    before, after = champion.mean_confidence, challenger.mean_confidence
    if before is None or after is None or min(champion.rows, challenger.rows) < fewest:
        return None
    return before - after


def _disagreement(_champion: Figures, challenger: Figures, fewest: int) -> float | None:
    return challenger.disagreement if challenger.compared >= fewest else None


def _reward_drop(champion: Figures, challenger: Figures, fewest: int) -> float | None:
    before, after = champion.mean_reward, challenger.mean_reward
    if before is None or after is None or min(champion.rewarded, challenger.rewarded) < fewest:
        return None
    return before - after


_VALUES: Mapping[Measure, Callable[[Figures, Figures, int], float | None]] = {
    "error_rate": _error_rate,
    "p99_ratio": _p99_ratio,
    "confidence_drop": _confidence_drop,
    "disagreement": _disagreement,
    "reward_drop": _reward_drop,
}
