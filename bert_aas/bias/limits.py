"""The limits of a gate: how far from 0 a metric may be."""

from collections.abc import Iterable, Mapping

from bert_aas.bias.metric_names import AFTER_DESCRIPTIONS, DESCRIPTIONS, SWAPS
from bert_aas.bias.questions import as_number
from bert_aas.contracts.errors import InvalidInputError

_AFTER = {*AFTER_DESCRIPTIONS, SWAPS}
_KNOWN = (*DESCRIPTIONS, *AFTER_DESCRIPTIONS, SWAPS)


def checked_limits(limits: dict[str, float]) -> dict[str, float]:
    """Refuse limits that mean nothing.

    Args:
        limits: Name of a metric to the farthest that it may be from even.

    Returns:
        The same.

    Raises:
        ValueError: If there is no such metric, or a limit is below 0.
    """
    for name, limit in limits.items():
        if name not in _KNOWN:
            raise ValueError(f"{name!r} is no metric; known are {', '.join(_KNOWN)}")
        if limit < 0:
            raise ValueError(f"the limit of {name} is {limit:.15g}; it is a distance from 0")
    return limits


def before_training(limits: Mapping[str, float]) -> dict[str, float]:
    """Take the limits of metrics of labels."""
    return {name: limit for name, limit in limits.items() if name in DESCRIPTIONS}


def after_training(limits: Mapping[str, float]) -> dict[str, float]:
    """Take the limits of metrics of predictions."""
    return {name: limit for name, limit in limits.items() if name in _AFTER}


def read_limits(given: Iterable[str]) -> dict[str, float]:
    """Read limits as a command line gives them.

    Args:
        given: `METRIC=LIMIT` each.

    Returns:
        Name of a metric to its limit.

    Raises:
        InvalidInputError: If one cannot be read.
    """
    limits: dict[str, float] = {}
    for one in given:
        name, _, text = one.partition("=")
        limit = as_number(text)
        if limit is None:
            raise InvalidInputError(f"--max {one!r} is not of the form METRIC=LIMIT, e.g. DPL=0.2")
        limits[name] = limit
    try:
        return checked_limits(limits)
    except ValueError as exc:
        raise InvalidInputError(f"--max: {exc}") from exc
