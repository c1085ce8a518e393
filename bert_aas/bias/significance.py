"""Tests of whether two facets differ by more than chance, and the correction for many of them."""

from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05

LEAST_EXPECTED = 5
"""Rows that a cell of a table must be expected to have for the chi-squared test."""

PERMUTATIONS = 9999
_SEED = 20
_ROUNDING = 1e-9

Ints = NDArray[np.int64]
_Tested = TypeVar("_Tested", bound=Hashable)


def same_distribution(counts: Ints) -> float:
    """Test whether both facets have the same shares of classes.

    Args:
        counts: Rows `[2, classes]`, at least one in each facet.

    Returns:
        The p-value: Pearson's chi-squared test where every cell is expected to have 5 rows or more;
        else Fisher's exact test for two classes, and 9,999 random tables with the same sums for
        more.
    """
    from scipy import special, stats  # noqa: PLC0415 (a third of a second)

    table = counts[:, counts.sum(axis=0) > 0]
    classes = table.shape[1]
    if classes < 2:  # noqa: PLR2004
        return 1.0
    expected = _expected(table)
    if expected.min() >= LEAST_EXPECTED:
        return float(special.chdtrc(classes - 1, _chi_squared(table, expected)))
    if classes == 2:  # noqa: PLR2004
        return float(stats.fisher_exact(table)[1])
    return _by_permutation(table, expected)


def same_within_groups(rows_a: Ints, rows_d: Ints) -> float | None:
    """Test whether facet and label are independent within each group.

    Args:
        rows_a: Rows of facet a, `[groups, 2]`.
        rows_d: Rows of facet d, `[groups, 2]`.

    Returns:
        The p-value; `None` if no group has both facets and both outcomes.

    Source:
        Cochran 1954 and Mantel and Haenszel 1959, without correction for continuity.
    """
    from scipy import special  # noqa: PLC0415 (a tenth of a second)

    a, d = rows_a.astype(float), rows_d.astype(float)
    outcomes, sizes_a, sizes_d = a + d, a.sum(axis=1), d.sum(axis=1)
    rows = sizes_a + sizes_d
    telling = rows > 1
    a, outcomes, rows = a[telling], outcomes[telling], rows[telling]
    sizes_a, sizes_d = sizes_a[telling], sizes_d[telling]
    expected = sizes_a * outcomes[:, 1] / rows
    variance = sizes_a * sizes_d * outcomes.prod(axis=1) / (rows**2 * (rows - 1))
    if variance.sum() <= 0:
        return None
    statistic = (a[:, 1] - expected).sum() ** 2 / variance.sum()
    return float(special.chdtrc(1, statistic))


def holm(p_values: Mapping[_Tested, float]) -> dict[_Tested, float]:
    """Correct p-values for being many: the chance of any false alarm stays below 5 %.

    Args:
        p_values: What is tested to its p-value.

    Returns:
        The same with adjusted p-values, each at least as large as before and at most 1.

    Source:
        Holm 1979, "A simple sequentially rejective multiple test procedure".
    """
    adjusted: dict[_Tested, float] = {}
    largest = 0.0
    ordered = sorted(p_values.items(), key=lambda item: item[1])
    for place, (tested, p_value) in enumerate(ordered):
        largest = max(largest, min(1.0, (len(ordered) - place) * p_value))
        adjusted[tested] = largest
    return adjusted


def _expected(table: Ints) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return found


def _chi_squared(table: Ints, expected: NDArray[np.float64]) -> Any:
    return ((table - expected) ** 2 / expected).sum(axis=(-2, -1))


def _by_permutation(table: Ints, expected: NDArray[np.float64]) -> float:
    rng = np.random.default_rng(_SEED)
    columns = table.sum(axis=0)
    d = rng.multivariate_hypergeometric(
        columns, int(table[1].sum()), size=PERMUTATIONS, method="marginals"
    )
    drawn = _chi_squared(np.stack([columns - d, d], axis=1), expected)
    as_far = int((drawn >= _chi_squared(table, expected) - _ROUNDING).sum())
    return (as_far + 1) / (PERMUTATIONS + 1)
