"""95 % intervals of the metrics."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Interval = tuple[float, float]

DRAWS = 2000
"""Tables that the bootstrap draws for one figure."""

_Z = 1.959963984540054  # the normal distribution's 97.5th percentile
_TAIL = 0.025
_SEED = 20  # the same tables are drawn for every figure: equal counts give equal intervals


def wilson(some: float, of: float) -> Interval:
    """Give the interval of a share.

    Args:
        some: Rows that count.
        of: All rows, at least 1.

    Returns:
        Lower and upper end, within [0, 1].

    Source:
        Wilson 1927, the score interval without correction for continuity.
    """
    share, spread = some / of, _Z**2 / of
    middle = share + spread / 2
    width = _Z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    # Of no rows or of all, rounding would leave a little above 0 or below 1.
    low = 0.0 if some == 0 else (middle - width) / (1 + spread)
    high = 1.0 if some == of else (middle + width) / (1 + spread)
    return low, high


def newcombe(some_a: float, of_a: float, some_d: float, of_d: float) -> Interval:
    """Give the interval of the difference of two shares.

    Args:
        some_a: Rows of facet a that count.
        of_a: All rows of facet a, at least 1.
        some_d: Rows of facet d that count.
        of_d: All rows of facet d, at least 1.

    Returns:
        Lower and upper end, within [-1, 1].

    Source:
        Newcombe 1998, "Interval estimation for the difference between independent proportions",
        method 10.
    """
    share_a, share_d = some_a / of_a, some_d / of_d
    (low_a, high_a), (low_d, high_d) = wilson(some_a, of_a), wilson(some_d, of_d)
    difference = share_a - share_d
    return (
        difference - math.hypot(share_a - low_a, high_d - share_d),
        difference + math.hypot(high_a - share_a, share_d - low_d),
    )


def of_sizes(rows_a: int, rows_d: int) -> Interval:
    """Give the interval of CI, which is 1 - 2 times the share of facet d.

    Args:
        rows_a: Rows of facet a.
        rows_d: Rows of facet d.

    Returns:
        Lower and upper end.
    """
    low, high = wilson(rows_d, rows_a + rows_d)
    return 1 - 2 * high, 1 - 2 * low


def of_distance(difference: Interval, factor: float = 1.0) -> Interval:
    """Turn the interval of a difference into the one of its size.

    Args:
        difference: Lower and upper end.
        factor: What the size is multiplied by.

    Returns:
        Lower and upper end, 0 or more.
    """
    low, high = sorted(abs(end) for end in difference)
    crosses = difference[0] <= 0 <= difference[1]
    return (0.0 if crosses else factor * low), factor * high


def of_divergence(
    statistic: Callable[[NDArray[np.int64], NDArray[np.int64]], Any],
    counts: NDArray[np.int64],
    *,
    differ: bool,
) -> Interval | None:
    """Give the interval of a metric that is 0 where the facets are alike and else above.

    Drawn tables lie farther apart than the facets do, the more so the fewer rows there are. So the
    plain percentiles of a bootstrap never hold 0. Here 0 belongs to the interval where the test
    finds no difference; else its lower end is moved down by twice the bias that the draws show,
    which held in simulations for few and many rows, two classes and five.

    Args:
        statistic: Of the counts of facet a and d, `[..., classes]`.
        counts: Rows `[2, classes]`: facet a, facet d.
        differ: Whether the test finds a difference.

    Returns:
        Lower and upper end; the upper one may be infinite. `None` if the metric is infinite: no
        drawn table has what a facet lacks, either.
    """
    value = float(statistic(*counts))
    if math.isinf(value):
        return None
    values = statistic(*drawn(counts))
    low, middle, high = _percentiles(values, _TAIL, 0.5, 1 - _TAIL)
    if not differ:
        return 0.0, max(high, value)
    bias = max(0.0, middle - value) if math.isfinite(middle) else 0.0
    return max(0.0, min(low - 2 * bias, value)), max(high, value)


def of_signed(
    statistic: Callable[[NDArray[np.int64], NDArray[np.int64]], Any], counts: NDArray[np.int64]
) -> Interval:
    """Give the interval of a metric that is above or below 0, by the percentiles of a bootstrap.

    Args:
        statistic: Of the counts of facet a and d, `[..., groups, classes]`.
        counts: Rows `[2, groups, classes]`: facet a, facet d.

    Returns:
        Lower and upper end.
    """
    value = float(statistic(*counts))
    low, high = _percentiles(statistic(*drawn(counts)), _TAIL, 1 - _TAIL)
    return min(low, value), max(high, value)


def drawn(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw tables with as many rows in each facet, for a bootstrap.

    Args:
        counts: Rows `[2, …]`: facet a, facet d.

    Returns:
        Tables of facet a and of facet d, `[draws, …]`.
    """
    rng = np.random.default_rng(_SEED)
    a, d = (_drawn_like(side, rng) for side in counts)
    return a, d


def _drawn_like(side: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    rows, cells = int(side.sum()), side.ravel()
    there = np.flatnonzero(cells)
    tables = np.zeros((DRAWS, cells.size), np.int64)
    tables[:, there] = rng.multinomial(rows, cells[there] / rows, size=DRAWS)
    return tables.reshape(DRAWS, *side.shape)


def _percentiles(values: NDArray[np.float64], *of: float) -> list[float]:
    found = np.quantile(values, of, method="inverted_cdf")  # draws themselves: some are infinite
    return [float(value) for value in found]
