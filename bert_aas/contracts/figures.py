"""Print measured figures with enough decimals to see why a bound was met or missed."""

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

_MOST_DECIMALS = 17


def decimals_that_show(
    decide: Callable[..., Any], *figures: float, at_least: int = 4, at_most: int = _MOST_DECIMALS
) -> int:
    """Find how many decimals a sentence needs, so that it does not contradict itself.

    Args:
        decide: What was decided, as a function of the figures; it is asked with `Decimal`s.
        figures: The measured figures.
        at_least: Decimals to begin with.
        at_most: Decimals to end with, if none suffice before.

    Returns:
        The fewest decimals at which rounded figures lead to the same decision.

    Example:
        `decimals_that_show(lambda share: share >= Decimal("0.997"), 0.99697)` is 5: with four
        decimals, 0.9970 would seem to be enough.
    """
    exact = [written(figure) for figure in figures]
    wanted = decide(*exact)
    for decimals in range(at_least, at_most):
        step = Decimal(1).scaleb(-decimals)
        rounded = (figure.quantize(step, ROUND_HALF_EVEN) for figure in exact)
        if decide(*rounded) == wanted:
            return decimals
    return at_most


def written(figure: float) -> Decimal:
    """Take a float for the shortest decimal number that stands for it: 0.6 is less in binary."""
    return Decimal(str(float(figure)))


def plain(figure: float) -> str:
    """Print a configured bound as it was written: 0.6, not 0.6000."""
    return format(figure, ".15g")
