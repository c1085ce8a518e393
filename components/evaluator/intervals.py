"""Widen the jackknife's intervals: they contain their value and fit the number of rows."""

import math

COUNTED_BY = {
    "accuracy": "example_count",
    "class_recall": "class_rows",
    "class_precision": "class_predictions",
    "calibration_accuracy": "calibration_count",
}
"""Shares of rows, and the metric that says how many rows these are."""

_ALPHA = 0.05
_NO_WIDTH = 1e-12  # sums of floats leave less

Interval = tuple[float, float]


def interval_of(value: float, jackknife: Interval, rows: float) -> Interval:
    """Widen an interval to hold its value, where need be.

    Args:
        value: The metric.
        jackknife: TFMA's interval at 95 %; it lies around the mean of the samples, which need not
            be the value.
        rows: How many rows the metric is a share of; NaN if it is no share.

    Returns:
        Lower and upper end; NaN where rows do not tell: all samples are as perfect as the whole.

    Source:
        Clopper and Pearson 1934, for shares of all rows and of none.
    """
    low, high = jackknife
    has_width = high - low >= _NO_WIDTH
    if has_width or not (_is_near(value, 0) or _is_near(value, 1)):
        return min(low, value), max(high, value)  # NaN stays NaN
    if math.isnan(low) or math.isnan(rows) or rows <= 0:
        return math.nan, math.nan
    likely = (_ALPHA / 2) ** (1 / rows)
    return (likely, 1.0) if _is_near(value, 1) else (0.0, 1 - likely)


def _is_near(value: float, end: int) -> bool:
    return abs(value - end) < _NO_WIDTH
