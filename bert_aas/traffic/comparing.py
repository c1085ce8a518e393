"""Compares the answers of two versions to the same rows: which class each gives."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

SCORES = ("probabilities", "scores")
"""Outputs with a number for each class, the better name first."""

_RANK = 2

Flips = Counter[tuple[str, str]]
"""How often the first class became the second."""


def classes_of(outputs: Mapping[str, Any]) -> list[str] | None:
    """Read the class of each row.

    Args:
        outputs: Arrays by output name.

    Returns:
        The name of each row's class, or its index where the answer has no names; None if the
        answer does not say.
    """
    label = outputs.get("label")
    if label is not None and label.ndim == 1:
        return [text_of(one) for one in label.tolist()]
    scores = scores_of(outputs)
    if scores is None or scores.ndim != _RANK or not scores.size or scores.dtype.kind != "f":
        return None
    best = scores.argmax(axis=1).tolist()
    names = outputs.get("classes")
    if names is None or names.shape != scores.shape:
        return [str(place) for place in best]
    return [text_of(names[row][place]) for row, place in enumerate(best)]


def flips_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[int, Flips] | None:
    """Compare two answers.

    Args:
        before: What the champion answered: arrays by output name.
        after: What a challenger answered.

    Returns:
        The number of rows, and which classes became which others; None if they cannot be compared.
    """
    first, second = classes_of(before), classes_of(after)
    if first is None or second is None or len(first) != len(second):
        return None
    pairs = zip(first, second, strict=True)
    return len(first), Counter((one, other) for one, other in pairs if one != other)


def scores_of(outputs: Mapping[str, Any]) -> Any:
    """Find the numbers of the classes in an answer.

    Args:
        outputs: Arrays by output name.

    Returns:
        The array; None if there is none.
    """
    return next((outputs[name] for name in SCORES if name in outputs), None)


def text_of(value: object) -> str:
    """Return the name of a class as text, whatever the model has it as."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
