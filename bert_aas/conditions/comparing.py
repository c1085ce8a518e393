"""Compare a figure with its bound; what only the last digits of a float see decides nothing."""

from collections.abc import Callable
from decimal import Decimal

from bert_aas.conditions.params import ConditionParams
from bert_aas.contracts.figures import plain, written

SLACK = 1e-9
"""How far below a bound still reaches it: the last digits of a float decide nothing."""

_SLACK = written(SLACK)

_WORDS = {
    ">=": ("is at least", "is below"),
    "<=": ("is at most", "is above"),
    ">": ("is above", "is not above"),
    "<": ("is below", "is not below"),
    "==": ("is", "is not"),
    "in": ("is within", "is not within"),
}
_MARGINS: dict[str, Callable[[Decimal, Decimal, Decimal], Decimal]] = {
    ">=": lambda value, bound, allowed: value - (bound - allowed) + _SLACK,
    "<=": lambda value, bound, allowed: bound + allowed - value + _SLACK,
    ">": lambda value, bound, allowed: value - (bound - allowed) - _SLACK,
    "<": lambda value, bound, allowed: bound + allowed - value - _SLACK,
    "==": lambda value, bound, allowed: allowed + _SLACK - abs(value - bound),
}
_STRICT = (">", "<")


def margin(condition: ConditionParams, value: Decimal, baseline: Decimal | None) -> Decimal:
    """Tell how far a figure is on the right side of its bound.

    Args:
        condition: The condition.
        value: The figure.
        baseline: The latest blessed model's, for a condition against it.

    Returns:
        The distance; below 0 the condition does not hold.
    """
    if isinstance(condition.bound, tuple):
        low, high = map(written, condition.bound)
        return min(value - low, high - value) + _SLACK
    bound = baseline if condition.against_baseline else written(float(condition.bound or 0))
    assert bound is not None  # noqa: S101 - asked for where there is a baseline alone
    return _MARGINS[condition.operator](value, bound, written(condition.allowed))


def holds(condition: ConditionParams, value: Decimal, baseline: Decimal | None = None) -> bool:
    """Tell whether a figure keeps its bound.

    Args:
        condition: The condition.
        value: The figure.
        baseline: The latest blessed model's, for a condition against it.

    Returns:
        Whether it does.
    """
    distance = margin(condition, value, baseline)
    return distance > 0 if condition.operator in _STRICT else distance >= 0


def bound_words(condition: ConditionParams, baseline: str | None, *, held: bool) -> str:
    """Say how a figure compares with its bound.

    Args:
        condition: The condition.
        baseline: The latest blessed model's figure as it is shown.
        held: Whether the condition holds.

    Returns:
        For example `is at least 0.6`.
    """
    verb = _WORDS[condition.operator][0 if held else 1]
    if isinstance(condition.bound, tuple):
        return f"{verb} {' to '.join(map(plain, condition.bound))}"
    bound = (
        plain(float(condition.bound or 0))
        if baseline is None
        else (f"the latest blessed model's {baseline}")
    )
    return f"{verb} {bound}{_difference(condition)}"


def _difference(condition: ConditionParams) -> str:
    if not condition.allowed:
        return ""
    words = {">": "less", "<": "plus"}.get(condition.operator[0], "within")
    return f" {words} {plain(condition.allowed)}"
