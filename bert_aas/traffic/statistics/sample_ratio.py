"""Whether the arms got the shares that were planned: a test that may be read at any time.

Where they did not, something chooses among requests (a cache, a lost answer, a broken key), and the
arms can no longer be compared. Count what is assigned by chance once: the keys, not the requests.
A key stays with its arm, so a busy key is no sign of a broken share.

Source:
    Lindon and Malek 2022, "Anytime-valid inference for multinomial count data", NeurIPS 35,
    arXiv:2011.03567: Dirichlet-multinomial mixtures around the planned shares.
"""

import math
from collections.abc import Sequence

import numpy as np

from bert_aas.contracts.errors import InvalidInputError

ALPHA = 0.001
"""The probability that sound shares are EVER called broken."""

CONCENTRATIONS = (10.0, 1000.0)
"""How far from the plan shares are when they break: far (it shows early), and a point or two."""


def log_ratio_evidence(counts: Sequence[float], shares: Sequence[float]) -> float:
    """Weigh counts against planned shares.

    Evidence of several times, each with shares of its own, adds up: add the logarithms.

    Args:
        counts: Keys by arm, as far as these shares were in force.
        shares: As planned, in any unit; an arm without a share must have no key.

    Returns:
        The natural logarithm of the evidence; it reaches `-log(ALPHA)` with probability `ALPHA` at
        most if the shares are sound.

    Raises:
        InvalidInputError: If there is not one count, not negative, for each share.

    Example:
        >>> log_ratio_evidence([5000, 5000], [50, 50]) < 0
        True
        >>> log_ratio_evidence([5000, 5600], [50, 50]) > -math.log(ALPHA)
        True
    """
    if len(counts) != len(shares) or min(*counts, *shares, 0) < 0 or not sum(shares):
        raise InvalidInputError(f"{list(counts)} are no counts for the shares {list(shares)}.")
    if any(count and not share for count, share in zip(counts, shares, strict=True)):
        return math.inf
    planned = [
        (count, share / sum(shares)) for count, share in zip(counts, shares, strict=True) if share
    ]
    weights = [_log_evidence(planned, concentration) for concentration in CONCENTRATIONS]
    return float(np.logaddexp.reduce(weights)) - math.log(len(CONCENTRATIONS))


def shares_are_broken(log_evidence: float) -> bool:
    """Tell whether evidence is enough to say that shares are broken.

    Args:
        log_evidence: The sum of what `log_ratio_evidence` said.

    Returns:
        Whether it has reached `1/ALPHA`.
    """
    return log_evidence >= -math.log(ALPHA)


def _log_evidence(planned: Sequence[tuple[float, float]], concentration: float) -> float:
    total = sum(count for count, _ in planned)
    result = math.lgamma(concentration) - math.lgamma(concentration + total)
    for count, share in planned:
        prior = concentration * share
        result += math.lgamma(prior + count) - math.lgamma(prior) - count * math.log(share)
    return result
