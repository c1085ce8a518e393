"""Formulas of the bias before training: numbers in, one number out.

Facet `d` is the group that may be at a disadvantage, `a` are all other rows. A share is a number of
rows of a class divided by the rows of the facet.

Source:
    The names and formulas are those of Amazon SageMaker's Developer Guide, "Measure Pre-training
    Bias". docs/bias.md says where we differ from its code.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def class_imbalance(rows_a: float, rows_d: float) -> float:
    """Compare the sizes of the facets (CI).

    Args:
        rows_a: Rows of facet a.
        rows_d: Rows of facet d; both together at least 1.

    Returns:
        From -1 (all rows are in d) to 1 (all are in a).
    """
    return (rows_a - rows_d) / (rows_a + rows_d)


def difference_in_proportions(share_a: float, share_d: float) -> float:
    """Compare the shares of positive labels (DPL).

    Args:
        share_a: Share of positive rows in facet a, from 0 to 1.
        share_d: The same in facet d.

    Returns:
        From -1 to 1; above 0: facet a has more positive labels.
    """
    return share_a - share_d


def kullback_leibler(shares_a: ArrayLike, shares_d: ArrayLike) -> Any:
    """Measure how far the classes of facet a diverge from those of facet d (KL).

    Args:
        shares_a: Share of each class in facet a, `[..., classes]`.
        shares_d: The same in facet d.

    Returns:
        Nats, `[...]`, 0 or more; infinite where facet d lacks a class that facet a has.
    """
    a, d = _floats(shares_a), _floats(shares_d)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(a > 0, a * np.log(a / d), 0.0)
    return np.maximum(terms.sum(axis=-1), 0.0)


def jensen_shannon(shares_a: ArrayLike, shares_d: ArrayLike) -> Any:
    """Measure how far the classes of both facets diverge from their mean (JS).

    Args:
        shares_a: Share of each class in facet a, `[..., classes]`.
        shares_d: The same in facet d.

    Returns:
        Nats, `[...]`, from 0 to ln 2.
    """
    a, d = _floats(shares_a), _floats(shares_d)
    mean = (a + d) / 2
    return (kullback_leibler(a, mean) + kullback_leibler(d, mean)) / 2


def lp_norm(shares_a: ArrayLike, shares_d: ArrayLike) -> Any:
    """Measure the Euclidean distance of the shares (LP).

    Args:
        shares_a: Share of each class in facet a, `[..., classes]`.
        shares_d: The same in facet d.

    Returns:
        `[...]`, from 0 to the square root of 2.
    """
    return np.sqrt(((_floats(shares_a) - _floats(shares_d)) ** 2).sum(axis=-1))


def total_variation(shares_a: ArrayLike, shares_d: ArrayLike) -> Any:
    """Measure half the sum of the differences of the shares (TVD).

    Args:
        shares_a: Share of each class in facet a, `[..., classes]`.
        shares_d: The same in facet d.

    Returns:
        `[...]`, from 0 to 1.
    """
    return np.abs(_floats(shares_a) - _floats(shares_d)).sum(axis=-1) / 2


def kolmogorov_smirnov(shares_a: ArrayLike, shares_d: ArrayLike) -> Any:
    """Find the largest difference of the shares of a class (KS).

    Args:
        shares_a: Share of each class in facet a, `[..., classes]`.
        shares_d: The same in facet d.

    Returns:
        `[...]`, from 0 to 1.
    """
    return np.abs(_floats(shares_a) - _floats(shares_d)).max(axis=-1)


def demographic_disparity(
    rejected_d: ArrayLike, rejected: ArrayLike, accepted_d: ArrayLike, accepted: ArrayLike
) -> Any:
    """Compare facet d's part of the negative rows with its part of the positive ones (DD).

    Args:
        rejected_d: Negative rows of facet d.
        rejected: All negative rows.
        accepted_d: Positive rows of facet d.
        accepted: All positive rows.

    Returns:
        From -1 to 1; above 0: facet d has a larger part of the negative rows. A part of no rows
        counts as 0.
    """
    return _part(rejected_d, rejected) - _part(accepted_d, accepted)


def conditional_disparity(rows_a: ArrayLike, rows_d: ArrayLike) -> Any:
    """Average the demographic disparity over groups, each with the weight of its rows (CDDL).

    Args:
        rows_a: Rows of facet a in each group, `[..., groups, 2]`: negative, positive.
        rows_d: The same of facet d.

    Returns:
        `[...]`, from -1 to 1; above 0: facet d has a larger part of the negative rows.
    """
    d = _floats(rows_d)
    both = _floats(rows_a) + d
    disparity = demographic_disparity(d[..., 0], both[..., 0], d[..., 1], both[..., 1])
    weights = both.sum(axis=-1)
    return (weights * disparity).sum(axis=-1) / weights.sum(axis=-1)


def shares(counts: ArrayLike) -> Floats:
    """Turn counts into shares.

    Args:
        counts: `[..., classes]`, at least one row in each.

    Returns:
        The same shape; the shares of each row add up to 1.
    """
    rows = _floats(counts)
    found: Floats = rows / rows.sum(axis=-1, keepdims=True)
    return found


LN_2 = math.log(2)
"""The most that `jensen_shannon` can be."""


def _part(some: ArrayLike, of: ArrayLike) -> Floats:
    rows = _floats(of)
    return np.divide(_floats(some), rows, out=np.zeros_like(rows), where=rows > 0)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
