"""Thompson sampling over Beta arms: shares that follow what was learnt, and forget what is old.

Each version gets the share with which it is the best one, as far as the rewards tell: that is what
Thompson sampling does, request by request, and a sticky plan can do as well. The state is a value
in plain JSON; shares are a function of the state alone, so whoever has the state has the shares.

Rewards may come late and in bundles: a bundle is counted when it comes.

Source:
    Thompson 1933; Chapelle and Li 2011, "An empirical evaluation of Thompson sampling" (late
    rewards); Raj and Kalyani 2017, "Taming non-stationary bandits", arXiv:1707.09727 (forgetting).
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.traffic.statistics.evidence import Array
from bert_aas.traffic.statistics.intervals import Rewards

FORMAT = 1
WHOLE = 100.0
DECIMALS = 2

_WIDTH, _POINTS = 9.0, 601  # standard deviations and points of each arm's part of the grid


@dataclass(frozen=True)
class Bandit:
    """What a bandit has learnt.

    Attributes:
        rewards: By version; older rewards count less.
        minimum_share: What each version gets at least, percent.
        half_life: After how many rewards, of all versions together, a reward counts half; infinite
            if nothing changes with time.

    Example:
        >>> bandit = learn(start(["3", "4"]), {"3": Rewards(69, 100), "4": Rewards(79, 100)})
        >>> shares(bandit)
        {'3': 6.35, '4': 93.65}
    """

    rewards: Mapping[str, Rewards]
    minimum_share: float = 1.0
    half_life: float = 10_000.0


def start(
    versions: Sequence[str], minimum_share: float = 1.0, half_life: float = 10_000.0
) -> Bandit:
    """Begin without knowledge.

    Args:
        versions: At least two.
        minimum_share: Percent for each version at least; all of them together 100 at most.
        half_life: In rewards, above 0.

    Returns:
        The state.

    Raises:
        InvalidInputError: If one of these is out of its limits.
    """
    bandit = Bandit(dict.fromkeys(versions, Rewards()), minimum_share, half_life)
    _check(bandit, len(versions))
    return bandit


def learn(bandit: Bandit, news: Mapping[str, Rewards]) -> Bandit:
    """Add rewards that have come since.

    Args:
        bandit: The state.
        news: Rewards by version; those of versions that take no part are left out.

    Returns:
        The next state.
    """
    known = {name: news.get(name, Rewards()) for name in bandit.rewards}
    kept = 0.5 ** (sum(one.number for one in known.values()) / bandit.half_life)
    rewards = {
        name: Rewards(old.total * kept, old.number * kept) + known[name]
        for name, old in bandit.rewards.items()
    }
    return dataclasses.replace(bandit, rewards=rewards)


def shares(bandit: Bandit) -> dict[str, float]:
    """Say what each version gets.

    Args:
        bandit: The state.

    Returns:
        Percent by version; their sum is 100.
    """
    chances = chances_of_being_best(list(bandit.rewards.values()))
    free = WHOLE - bandit.minimum_share * len(chances)
    given = [round(bandit.minimum_share + free * chance, DECIMALS) for chance in chances]
    largest = int(np.argmax(given))
    given[largest] = round(given[largest] + WHOLE - sum(given), DECIMALS)
    return dict(zip(bandit.rewards, given, strict=True))


def chances_of_being_best(arms: Sequence[Rewards]) -> list[float]:
    """Compute the probability that each arm has the highest rate.

    Args:
        arms: What they got; before that, all rates are equally likely.

    Returns:
        The probabilities; their sum is 1.
    """
    grid = _grid(arms)
    densities = [_density(arm, grid) for arm in arms]
    steps = np.diff(grid)
    below = [
        np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * steps)])
        for density in densities
    ]
    chances = []
    for place, density in enumerate(densities):
        others = [each for other, each in enumerate(below) if other != place]
        best = density * np.prod(others, axis=0)
        chances.append(float(((best[1:] + best[:-1]) / 2 * steps).sum()))
    return [chance / sum(chances) for chance in chances]


def to_document(bandit: Bandit) -> dict[str, object]:
    """Write a state as plain JSON values.

    Args:
        bandit: The state.

    Returns:
        What `json.dumps` takes.
    """
    return {
        "format": FORMAT,
        "minimum_share": bandit.minimum_share,
        "half_life": None if math.isinf(bandit.half_life) else bandit.half_life,
        "rewards": {
            name: {"total": one.total, "number": one.number} for name, one in bandit.rewards.items()
        },
    }


def from_document(document: object) -> Bandit:
    """Read a state.

    Args:
        document: As `to_document` wrote it.

    Returns:
        The state.

    Raises:
        InvalidInputError: If it is none; the message says what is wrong.
    """
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InvalidInputError(f"This is no state of a bandit of format {FORMAT}.")
    try:
        half_life = document["half_life"]
        bandit = Bandit(
            {
                str(name): Rewards(float(one["total"]), float(one["number"]))
                for name, one in document["rewards"].items()
            },
            float(document["minimum_share"]),
            math.inf if half_life is None else float(half_life),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise InvalidInputError(f"The state of the bandit is not complete: {exc}.") from exc
    _check(bandit, len(bandit.rewards))
    return bandit


def _check(bandit: Bandit, number: int) -> None:
    versions = ", ".join(bandit.rewards)
    if number < 2 or number != len(bandit.rewards):  # noqa: PLR2004
        raise InvalidInputError(f"A bandit needs two different versions, not only {versions}.")
    if not 0 <= bandit.minimum_share * number <= WHOLE:
        raise InvalidInputError(
            f"A minimum share of {bandit.minimum_share:g} % does not fit {number} versions."
        )
    if not bandit.half_life > 0:
        raise InvalidInputError(f"The half-life is {bandit.half_life:g}; it must be above 0.")
    for name, one in bandit.rewards.items():
        if not 0 <= one.total <= one.number < math.inf:
            raise InvalidInputError(
                f"Version {name} cannot have a reward of {one.total:g} in {one.number:g} answers."
            )


def _grid(arms: Sequence[Rewards]) -> Array:
    """Return places that are dense where a density is."""
    parts = [np.linspace(0.0, 1.0, _POINTS)]  # a few rewards leave long tails
    for arm in arms:
        mean = (arm.total + 1) / (arm.number + 2)
        spread = math.sqrt(mean * (1 - mean) / (arm.number + 3))
        parts.append(mean + spread * np.linspace(-_WIDTH, _WIDTH, _POINTS))
    return np.asarray(np.unique(np.clip(np.concatenate(parts), 0.0, 1.0)))


def _density(arm: Rewards, grid: Array) -> Array:
    """Return the density of Beta(1 + rewards, 1 + the rest) on a grid, with an integral of 1."""
    rest = arm.number - arm.total
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(arm.total > 0, arm.total * np.log(grid), 0.0)
        logs = logs + np.where(rest > 0, rest * np.log1p(-grid), 0.0)
    density = np.exp(logs - logs.max())
    area = ((density[1:] + density[:-1]) / 2 * np.diff(grid)).sum()
    return np.asarray(density / area)
