"""The limits up to which StatisticsGen counts; above them, TFDV's sketches estimate."""

MOST_ROWS_COUNTED = 100_000
MOST_VALUES_COUNTED = 1_024
"""Different values of a column that are counted exactly in any number of rows: TFDV's sketch of
frequencies holds so many."""


def is_estimated(rows: int, distinct: int) -> bool:
    """Tell whether the number of different values of a column is an estimate.

    Args:
        rows: Of all splits.
        distinct: Different values as the statistics have them.

    Returns:
        True if it is.
    """
    return rows > MOST_ROWS_COUNTED and distinct > MOST_VALUES_COUNTED
