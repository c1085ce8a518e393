"""Means with their 95 % intervals."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Floats = NDArray[np.float64]

_UPPER = 0.975


@dataclass(frozen=True)
class Mean:
    """A mean over rows.

    Attributes:
        value: The mean; NaN of no rows.
        low: Lower end of the 95 % interval; NaN of fewer than two rows.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def mean_of(values: Floats) -> Mean:
    """Take the mean, with Student's interval.

    Args:
        values: One per row.

    Returns:
        The mean.
    """
    if not len(values):
        return Mean(math.nan, math.nan, math.nan)
    value = float(values.mean())
    if len(values) < 2:  # noqa: PLR2004 - one row has no spread
        return Mean(value, math.nan, math.nan)
    half = float(half_widths(values.std(ddof=1), np.float64(len(values))))
    return Mean(value, value - half, value + half)


def half_widths(deviations: Floats | np.float64, rows: Floats | np.float64) -> Floats:
    """Give half the width of Student's 95 % intervals of means.

    Args:
        deviations: Standard deviations, with n - 1.
        rows: How many rows each mean is of, at least 2.

    Returns:
        Half the widths.
    """
    halves: Floats = student.ppf(_UPPER, rows - 1) * deviations / np.sqrt(rows)
    return halves
