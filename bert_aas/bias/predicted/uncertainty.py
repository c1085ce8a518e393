"""95 % intervals and tests of the metrics of predictions."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_aas.bias.intervals import DRAWS, Interval, drawn
from bert_aas.bias.predicted.flip_test import Flips

Ints = NDArray[np.int64]

_Z = 1.959963984540054  # the normal distribution's 97.5th percentile
_ENDS = (0.025, 0.975)
_SEED = 20
_HALF = 0.5


def of_ratio(some_a: float, of_a: float, some_d: float, of_d: float) -> Interval:
    """Give the interval of facet d's share over facet a's.

    Args:
        some_a: Rows of facet a that count.
        of_a: All rows of facet a, at least 1.
        some_d: Rows of facet d that count.
        of_d: All rows of facet d, at least 1.

    Returns:
        Lower and upper end; the lower one is 0 if no row of d counts, the upper one infinite if
        none of a does.

    Source:
        Walter 1975, "The distribution of Levin's measure of attributable risk": the interval of the
        logarithm with a half added to each number.
    """
    a, rows_a, d, rows_d = (number + _HALF for number in (some_a, of_a, some_d, of_d))
    middle = math.log(d / rows_d) - math.log(a / rows_a)
    width = _Z * math.sqrt(max(1 / a - 1 / rows_a + 1 / d - 1 / rows_d, 0.0))
    low = 0.0 if some_d == 0 else math.exp(middle - width)
    high = math.inf if some_a == 0 else math.exp(middle + width)
    return low, high


def of_flips(flips: Flips) -> Interval:
    """Give the interval of FT, a difference of two shares of the same rows.

    Args:
        flips: Rows that differ from their neighbours.

    Returns:
        Lower and upper end, within [-1, 1]. That other rows of facet a would be other neighbours
        is not in it.

    Source:
        Agresti and Min 2005, "Simple improved confidence intervals for comparing matched
        proportions": Wald's interval with a half added to each number.
    """
    rows = flips.rows + 4 * _HALF
    more, less = flips.favoured + _HALF, flips.harmed + _HALF
    middle = (more - less) / rows
    width = _Z * math.sqrt(more + less - (more - less) ** 2 / rows) / rows
    return max(-1.0, middle - width), min(1.0, middle + width)


def of_outcomes(
    metric: Callable[[Any, Any], Any], a: Ints, d: Ints, *, never_negative: bool = False
) -> Interval:
    """Give the interval of any metric of outcomes by drawing from what they may have come from.

    The shares of the four outcomes of each facet are drawn from their posterior under Jeffreys'
    prior: a half is added to each number, so that an outcome that was not seen may still happen.

    Args:
        metric: Of the outcomes of facet a and d, `[..., 2, 2]`.
        a: Outcomes of facet a, `[2, 2]`.
        d: Outcomes of facet d.
        never_negative: Whether the metric is 0 without any error, and else above: these halves then
            move it up, so the lower end is that of a bootstrap if it is lower.

    Returns:
        Lower and upper end.
    """
    rng = np.random.default_rng(_SEED)
    possible = [
        rng.dirichlet(side.ravel() + _HALF, DRAWS).reshape(DRAWS, 2, 2) * side.sum()
        for side in (a, d)
    ]
    value = float(metric(a, d))
    low, high = np.quantile(metric(*possible), _ENDS, method="inverted_cdf")
    if never_negative:
        again = metric(*drawn(np.stack([a, d])))
        low = min(low, np.quantile(again, _ENDS[0], method="inverted_cdf"))
    return min(float(low), value), max(float(high), value)


def same_flips(flips: Flips) -> float:
    """Test whether as many rows are favoured as are harmed.

    Args:
        flips: Rows that differ from their neighbours.

    Returns:
        The p-value of the exact test of McNemar; 1 if no row differs.
    """
    from scipy.stats import binomtest  # noqa: PLC0415 (a third of a second)

    changed = flips.favoured + flips.harmed
    return float(binomtest(flips.favoured, changed).pvalue) if changed else 1.0


def same_ratio(a: Ints, d: Ints, side: int) -> float | None:
    """Test whether labels per prediction are the same in both facets.

    Args:
        a: Outcomes of facet a, `[2, 2]`.
        d: Outcomes of facet d.
        side: 1 for positive labels and predictions, 0 for negative ones.

    Returns:
        The p-value, by the normal distribution of the logarithms; `None` if a facet has no such
        label or prediction.
    """
    logs, variance = [], 0.0
    for outcomes in (a, d):
        labels, predictions = float(outcomes[side].sum()), float(outcomes[:, side].sum())
        if not labels or not predictions:
            return None
        logs.append(math.log(labels / predictions))
        wrong = float(outcomes[0, 1] + outcomes[1, 0])
        variance += wrong / (labels * predictions)
    difference = abs(logs[0] - logs[1])
    if variance <= 0:
        return 1.0
    return math.erfc(difference / math.sqrt(2 * variance))
