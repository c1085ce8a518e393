"""Formulas of the bias after training: outcomes in, one number out.

Outcomes are rows `[..., 2, 2]` by label and prediction, each negative, then positive: `[0, 0]` are
true negatives, `[0, 1]` false positives, `[1, 0]` false negatives, `[1, 1]` true positives. Facet
`d` is the group that may be at a disadvantage, `a` are all other rows. Numbers of rows need not be
whole. Nothing divided by nothing is 0, anything else divided by nothing is infinite, and two
infinite ratios do not differ.

Source:
    The names, formulas and signs are those of Amazon SageMaker's Developer Guide, "Measure
    Post-training Data and Model Bias", and of what SageMaker computes where both differ.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Part = tuple[Any, Any]
"""Rows that count, and those they are counted among."""


def predicted_positive(outcomes: ArrayLike) -> Part:
    """Count the rows that are predicted positive, among all."""
    rows = _floats(outcomes)
    return rows[..., 1].sum(axis=-1), rows.sum(axis=(-2, -1))


def right(outcomes: ArrayLike) -> Part:
    """Count the rows that are predicted as they are, among all: the accuracy."""
    rows = _floats(outcomes)
    return rows[..., 0, 0] + rows[..., 1, 1], rows.sum(axis=(-2, -1))


def found_positive(outcomes: ArrayLike) -> Part:
    """Count the positive rows that are predicted so, among the positive ones: the recall."""
    rows = _floats(outcomes)
    return rows[..., 1, 1], rows[..., 1, :].sum(axis=-1)


def found_negative(outcomes: ArrayLike) -> Part:
    """Count the negative rows that are predicted so, among the negative ones: the specificity."""
    rows = _floats(outcomes)
    return rows[..., 0, 0], rows[..., 0, :].sum(axis=-1)


def rightly_positive(outcomes: ArrayLike) -> Part:
    """Count the positive rows among those that are predicted so: the precision."""
    rows = _floats(outcomes)
    return rows[..., 1, 1], rows[..., 1].sum(axis=-1)


def rightly_negative(outcomes: ArrayLike) -> Part:
    """Count the negative rows among those that are predicted so."""
    rows = _floats(outcomes)
    return rows[..., 0, 0], rows[..., 0].sum(axis=-1)


SHARES: dict[str, tuple[Callable[[ArrayLike], Part], bool]] = {
    "DPPL": (predicted_positive, False),
    "AD": (right, False),
    "RD": (found_positive, False),
    "DAR": (rightly_positive, False),
    "DRR": (rightly_negative, True),
    "SD": (found_negative, True),
}
"""The metrics that are differences of two shares, and whether it is d less a (else a less d)."""


def share_difference(name: str, a: ArrayLike, d: ArrayLike) -> Any:
    """Compare a share of both facets (DPPL, AD, RD, DAR, DRR, SD).

    Args:
        name: Key of `SHARES`.
        a: Outcomes of facet a, `[..., 2, 2]`.
        d: Outcomes of facet d.

    Returns:
        `[...]`, from -1 to 1.
    """
    part, is_reversed = SHARES[name]
    share_a, share_d = divide(*part(a)), divide(*part(d))
    return share_d - share_a if is_reversed else share_a - share_d


def disparate_impact(a: ArrayLike, d: ArrayLike) -> Any:
    """Divide facet d's share of positive predictions by that of facet a (DI).

    Args:
        a: Outcomes of facet a, `[..., 2, 2]`.
        d: Outcomes of facet d.

    Returns:
        `[...]`, from 0 to infinity; 1 is even, below 1: d has fewer positive predictions.
    """
    return divide(divide(*predicted_positive(d)), divide(*predicted_positive(a)))


def conditional_acceptance(a: ArrayLike, d: ArrayLike) -> Any:
    """Compare positive labels per positive prediction (DCAcc).

    Args:
        a: Outcomes of facet a, `[..., 2, 2]`.
        d: Outcomes of facet d.

    Returns:
        `[...]`; above 0: facet a has more positive labels for each positive prediction.
    """
    return _difference(_labels_per_prediction(a, 1), _labels_per_prediction(d, 1))


def conditional_rejection(a: ArrayLike, d: ArrayLike) -> Any:
    """Compare negative labels per negative prediction (DCR).

    Args:
        a: Outcomes of facet a, `[..., 2, 2]`.
        d: Outcomes of facet d.

    Returns:
        `[...]`; above 0: facet d has more negative labels for each negative prediction.
    """
    return _difference(_labels_per_prediction(d, 0), _labels_per_prediction(a, 0))


def treatment_equality(a: ArrayLike, d: ArrayLike) -> Any:
    """Compare false negatives per false positive (TE).

    Args:
        a: Outcomes of facet a, `[..., 2, 2]`.
        d: Outcomes of facet d.

    Returns:
        `[...]`; above 0: facet d is more often denied what it should have.
    """
    a, d = _floats(a), _floats(d)
    per_positive = [divide(rows[..., 1, 0], rows[..., 0, 1]) for rows in (a, d)]
    return _difference(per_positive[1], per_positive[0])


def generalized_entropy(a: ArrayLike, d: ArrayLike) -> Any:
    """Measure how unequally predictions benefit rows (GE), over both facets alike.

    A false negative benefits by 0, a right prediction by 1, a false positive by 2.

    Args:
        a: Outcomes of facet a, `[..., 2, 2]`.
        d: Outcomes of facet d.

    Returns:
        `[...]`, 0 or more: half the squared coefficient of variation; infinite where every
        prediction is a false negative.
    """
    rows = _floats(a) + _floats(d)
    number, twice = rows.sum(axis=(-2, -1)), rows[..., 0, 1]
    once = rows[..., 0, 0] + rows[..., 1, 1]
    squares, total = once + 4 * twice, once + 2 * twice
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (number * squares / total**2 - 1) / 2
    return np.where(total > 0, np.maximum(found, 0.0), np.inf)


def divide(some: ArrayLike, of: ArrayLike) -> Any:
    """Divide numbers that are 0 or more.

    Args:
        some: What is divided.
        of: By what.

    Returns:
        0 for 0 / 0, infinite for anything else divided by 0.
    """
    some, of = np.broadcast_arrays(_floats(some), _floats(of))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(some > 0, some / of, 0.0)


RATIOS: dict[str, Callable[[ArrayLike, ArrayLike], Any]] = {
    "DCAcc": conditional_acceptance,
    "DCR": conditional_rejection,
    "TE": treatment_equality,
    "GE": generalized_entropy,
}
"""The metrics whose intervals are drawn."""


def _labels_per_prediction(outcomes: ArrayLike, side: int) -> Any:
    rows = _floats(outcomes)
    return divide(rows[..., side, :].sum(axis=-1), rows[..., side].sum(axis=-1))


def _difference(one: Any, other: Any) -> Any:
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(one) & np.isinf(other), 0.0, one - other)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)
