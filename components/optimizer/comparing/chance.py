"""Decide whether a form of a model is really worse or the sample was unlucky."""

import math

import numpy as np
from scipy.stats import binom

LEVEL = 0.05
"""A form is refused if chance brings out such a sample less often, were it just good enough."""

NOTICEABLE = 0.05
"""Share of right labels whose loss a sample should bring to light."""


def chance_of_loss(rows: int, lost: int, won: int, allowed: float) -> float:
    """Ask how often a form that is just good enough would lose so many right labels, or more.

    An exact test of non-inferiority for matched pairs: the number of rows that are right with one
    of the two models only is not known, and is estimated under the hypothesis.

    Args:
        rows: Rows that both models answered.
        lost: Rows that the model has right and the form has wrong.
        won: Rows that the form has right and the model has wrong.
        allowed: Share of the rows that a good enough form may lose, 0 to 1, those won deducted.

    Returns:
        The probability; 1 where no more are lost than allowed.

    Source:
        Tango 1998, "Equivalence test and confidence interval for the difference in proportions for
        the paired-sample design" (the estimate); Sidik 2003, "Exact unconditional tests for testing
        non-inferiority in matched-pairs design".
    """
    net = lost - won
    if net <= allowed * rows:
        return 1.0
    wins = _share_won(rows, lost, won, allowed)
    changed = np.arange(rows + 1)
    often = binom.pmf(changed, rows, 2 * wins + allowed)
    # Of so many changed rows, those lost must outweigh those won by `net`.
    enough = binom.sf(
        np.ceil((changed + net) / 2) - 1, changed, (wins + allowed) / (2 * wins + allowed)
    )
    return float(often @ enough)


def chance_of_difference(rows: int, different: int, allowed: float) -> float:
    """Ask how often a form that is just good enough would differ in so many rows, or more.

    Args:
        rows: Rows that both models answered.
        different: Rows with different labels.
        allowed: Share of the rows in which a good enough form may differ, 0 to 1.

    Returns:
        The probability, by the binomial distribution.
    """
    return float(binom.sf(different - 1, rows, allowed))


def can_tell(rows: int, allowed: float) -> bool:
    """Tell whether a sample is large enough to notice that 5 % of the right labels are lost.

    Args:
        rows: Rows of the sample.
        allowed: As for `chance_of_loss`.

    Returns:
        Whether such a loss would be refused.
    """
    return chance_of_loss(rows, math.ceil(NOTICEABLE * rows), 0, allowed) < LEVEL


def _share_won(rows: int, lost: int, won: int, allowed: float) -> float:
    """Estimate the share of rows won, if the share lost is greater by just what is allowed."""
    linear = (2 * rows - lost + won) * allowed - lost - won
    constant = -won * allowed * (1 - allowed)
    root = math.sqrt(max(linear**2 - 8 * rows * constant, 0.0))
    return min(max((root - linear) / (4 * rows), 0.0), (1 - allowed) / 2)
