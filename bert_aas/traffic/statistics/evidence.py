"""How strongly rewards speak against two rates: a likelihood ratio that may be read at any time.

Champion and challenger have true rates (accuracy, or a mean reward). For each pair of rates that
somebody claims, the evidence against the claim is an average of likelihood ratios. If the claim is
true, the evidence is a supermartingale that starts at 1, so the probability that it EVER reaches
1/alpha is at most alpha, however often one looks, whatever shares the arms have or get.

The average has two parts. The main part moves the two rates apart, and leaves what they have in
common as it is: it pays for one unknown number, not for two. The small part moves them anywhere; it
rules out claims whose common level is far from what was seen.

Source:
    Ville 1939; Robbins 1970, "Statistical methods related to the law of the iterated logarithm"
    (mixtures); Howard, Ramdas, McAuliffe, Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic
    confidence sequences", arXiv:1810.08240 (the same for exponential tilts of bounded values).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TYPICAL_LOG_ODDS = 0.35
"""By how much versions of a model differ, as log odds: 7 points at 70 %, 3 points at 90 %."""

ANYWHERE = 0.05
"""Weight of the small part."""

_LEAST, _MOST, _EACH_WAY = 0.005, 1.6, 32  # relative steps of 1.2: finer than what is ever seen
_POINTS = 9  # each round of a search makes the range a quarter
_ROUNDS = 9


def _moves() -> tuple[Array, Array]:
    """Return log odds by which rates are moved apart, and the logarithms of their weights."""
    sizes = np.geomspace(_LEAST, _MOST, _EACH_WAY)
    weights = sizes * np.exp(-0.5 * (sizes / TYPICAL_LOG_ODDS) ** 2)
    both = np.concatenate([weights, weights])
    return np.concatenate([-sizes, sizes]), np.log(both / both.sum())


_MOVES, _LOG_WEIGHTS = _moves()


def log_evidence(totals: Array, numbers: Array, rates: Array, share: float) -> Array:
    """Weigh rewards against claimed rates.

    Args:
        totals: Sums of the rewards, each reward in [0, 1]: champion, challenger; `[2, ...]`.
        numbers: How many rewards, `[2, ...]`.
        rates: The claimed rates in [0, 1], `[2, ...]`.
        share: The challenger's share as planned, in (0, 1). It decides how fast a difference is
            found; what is said holds under any shares, as long as this number stays the same.

    Returns:
        The natural logarithm of the evidence, `[...]`; infinite where the claim is impossible.
    """
    return _average(
        _log_moved(totals, numbers, rates, (-share, 1.0 - share)),
        _log_anywhere(totals, numbers, rates).sum(axis=0),
    )


def log_evidence_of_one(totals: Array, numbers: Array, rates: Array) -> Array:
    """Weigh the rewards of one arm against claimed rates.

    Args:
        totals: Sum of the rewards, `[...]`.
        numbers: How many rewards, `[...]`.
        rates: The claimed rates, `[...]`.

    Returns:
        The natural logarithms of the evidence, `[...]`.
    """
    return _average(
        _log_moved(totals[None], numbers[None], rates[None], (1.0,)),
        _log_anywhere(totals, numbers, rates),
    )


def least_log_evidence(totals: Array, numbers: Array, differences: Array, share: float) -> Array:
    """Weigh rewards against a difference of two rates, whatever the rates themselves are.

    The logarithm of the evidence is convex in the rates, so a search that narrows finds the least.

    Args:
        totals: As in `log_evidence`, `[2, ...]`.
        numbers: As in `log_evidence`, `[2, ...]`.
        differences: Claimed: the challenger's rate minus the champion's, in [-1, 1], `[...]`.
        share: As in `log_evidence`.

    Returns:
        The least logarithm of the evidence over all pairs of rates with this difference.
    """
    low, high = np.maximum(0.0, -differences), np.minimum(1.0, 1.0 - differences)
    places = np.linspace(0.0, 1.0, _POINTS)
    wide = (totals[..., None], numbers[..., None])
    for _ in range(_ROUNDS):
        champion = low[..., None] + (high - low)[..., None] * places
        rates = np.stack([champion, np.clip(champion + differences[..., None], 0.0, 1.0)])
        values = log_evidence(*wide, rates, share)
        best = values.argmin(axis=-1)[..., None]
        low = np.take_along_axis(champion, np.maximum(best - 1, 0), -1)[..., 0]
        high = np.take_along_axis(champion, np.minimum(best + 1, _POINTS - 1), -1)[..., 0]
    return np.asarray(values.min(axis=-1))


def differ(totals: Array, numbers: Array, share: float, alpha: float) -> NDArray[np.bool_]:
    """Tell where two rates differ for sure, for many pairs of arms at once.

    Args:
        totals: As in `log_evidence`, `[2, n]`.
        numbers: As in `log_evidence`, `[2, n]`.
        share: As in `log_evidence`.
        alpha: The probability that a pair without a difference is ever named.

    Returns:
        Where the evidence against equal rates has reached 1/alpha, `[n]`.
    """
    enough = -math.log(alpha)
    found = _most_log_evidence(totals, numbers) >= enough
    at = np.flatnonzero(found)
    pooled = totals[:, at].sum(axis=0) / numbers[:, at].sum(axis=0)
    rates = np.stack([pooled, pooled])
    found[at] = log_evidence(totals[:, at], numbers[:, at], rates, share) >= enough
    at = np.flatnonzero(found)
    same = np.zeros(at.size)
    found[at] = least_log_evidence(totals[:, at], numbers[:, at], same, share) >= enough
    return np.asarray(found)


def _most_log_evidence(totals: Array, numbers: Array) -> Array:
    """Return the best likelihood ratio against equal rates: an average of ratios is never above."""
    with np.errstate(divide="ignore", invalid="ignore"):
        own, pooled = totals / numbers, totals.sum(axis=0) / numbers.sum(axis=0)
        hits = np.where(totals > 0, totals * np.log(own / pooled), 0.0)
        rest = numbers - totals
        misses = np.where(rest > 0, rest * np.log((1 - own) / (1 - pooled)), 0.0)
    return np.asarray((hits + misses).sum(axis=0))


def _average(main: Array, anywhere: Array) -> Array:
    small = anywhere + math.log(ANYWHERE)
    return np.asarray(np.logaddexp(main + math.log1p(-ANYWHERE), small))


def _log_moved(totals: Array, numbers: Array, rates: Array, parts: Sequence[float]) -> Array:
    """Compare with rates whose log odds are moved, each arm's by a part of the move of its own."""
    total: Any = _LOG_WEIGHTS
    for arm, part in enumerate(parts):
        moves = _MOVES * part
        grown = np.log1p(rates[arm][..., None] * np.expm1(moves))
        total = total + totals[arm][..., None] * moves - numbers[arm][..., None] * grown
    return np.asarray(np.logaddexp.reduce(total, axis=-1))


def _log_anywhere(totals: Array, numbers: Array, rates: Array) -> Array:
    """Compare each arm's rate with all other rates, which are equally likely."""
    rest = numbers - totals
    with np.errstate(divide="ignore", invalid="ignore"):
        hits = np.where(totals > 0, totals * np.log(rates), 0.0)
        misses = np.where(rest > 0, rest * np.log1p(-rates), 0.0)
    uniform = _log_gamma(totals + 1) + _log_gamma(rest + 1) - _log_gamma(numbers + 2)
    return np.asarray(uniform - hits - misses)


_log_gamma = np.vectorize(math.lgamma, otypes=[np.float64])
