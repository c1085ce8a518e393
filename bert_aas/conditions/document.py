"""Find figures in the content of `evaluation.json`."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bert_aas.conditions.params import ANY, ConditionParams
from bert_aas.conditions.subjects import (
    AFTER,
    BEFORE,
    CLASSES,
    MODEL,
    RATIOS,
    TESTS,
    described,
    subject_of,
)

EVALUATION_FILE = "evaluation.json"
CONDITIONS_FILE = "conditions.json"

Document = Mapping[str, Any]
"""The content of `evaluation.json`."""


@dataclass(frozen=True)
class Measured:
    """A figure.

    Attributes:
        words: What it is.
        value: The candidate's; `None`: it could not be computed.
        baseline: The latest blessed model's.
    """

    words: str
    value: float | None
    baseline: float | None = None


def measured(document: Document, condition: ConditionParams) -> list[Measured]:
    """Find the figures that a condition is about.

    Args:
        document: The content of `evaluation.json`.
        condition: A condition that joins no others.

    Returns:
        One figure, or one for each class, slice or comparison; empty if there is none.
    """
    place = subject_of(condition).place
    if place in {BEFORE, AFTER}:
        return list(_of_bias(document, condition))
    if place == TESTS:
        test = document.get(TESTS, {}).get(subject_of(condition).name, {})
        return _figures(test.get("share"), described(condition))
    if place == MODEL:
        return _figures(document.get(MODEL, {}).get(condition.metric), described(condition))
    return list(_of_metrics(document, condition))


def has_baseline(document: Document) -> bool:
    """Tell whether there was a blessed model to compare with."""
    return bool(document.get("has_baseline"))


def with_bias(
    document: Document, when: str, comparisons: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Add figures of bias to the figures of a model.

    Args:
        document: The content of `evaluation.json`.
        when: `before` or `after`.
        comparisons: As under `bert_aas.comparisons` in `analysis.json`: `facet`,
            `value_or_threshold`, `positive` and `metrics`, each with `name`, `value` and, where the
            baseline was measured, `baseline`.

    Returns:
        A copy with them.
    """
    bias = {**document.get("bias", {}), when: {"comparisons": list(comparisons)}}
    return {**document, "bias": bias}


def _figures(entry: Any, words: str) -> list[Measured]:
    if not isinstance(entry, Mapping):
        return []
    return [Measured(words, _number(entry.get("value")), _number(entry.get("baseline")))]


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and math.isfinite(value)
    return float(value) if is_number else None


def _of_metrics(document: Document, condition: ConditionParams) -> Iterator[Measured]:
    for slice_name, part in _parts(document, condition.slice):
        where = f"the slice {slice_name}" if slice_name else ""
        if subject_of(condition).place != CLASSES:
            yield from _figures(
                part.get("metrics", {}).get(condition.metric), described(condition, where)
            )
            continue
        for class_name, figures in part.get(CLASSES, {}).items():
            if condition.class_name in {ANY, class_name}:
                words = " of ".join([f"the class {class_name!r}", *([where] if where else [])])
                yield from _figures(figures.get(condition.metric), described(condition, words))


def _parts(document: Document, chosen: str | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if chosen is None:
        yield "", document
        return
    column, _, value = chosen.partition("=")
    for name, part in document.get("slices", {}).items():
        if name == chosen or (value == ANY and name.startswith(f"{column}=")):
            yield name, part


def _of_bias(document: Document, condition: ConditionParams) -> Iterator[Measured]:
    subject = subject_of(condition)
    when = subject.place.removeprefix("bias.")
    comparisons = document.get("bias", {}).get(when, {}).get("comparisons", ())
    for one in comparisons:
        group = f"{one.get('facet')}={one.get('value_or_threshold')}"
        positive = [str(name) for name in one.get("positive") or ()]
        if not _is_chosen(condition, group, positive):
            continue
        words = f"{group}, class {', '.join(positive)}" if positive else group
        for figure in one.get("metrics", ()):
            if figure.get("name") == subject.name:
                value, baseline = (_number(figure.get(key)) for key in ("value", "baseline"))
                yield Measured(
                    described(condition, words),
                    _distance(subject.name, value),
                    _distance(subject.name, baseline),
                )


def _is_chosen(condition: ConditionParams, group: str, positive: Sequence[str]) -> bool:
    if condition.class_name not in {None, ANY, *positive}:
        return False
    if condition.slice is None:
        return True
    facet, _, value = condition.slice.partition("=")
    return group == condition.slice or (value == ANY and group.startswith(f"{facet}="))


def _distance(name: str, value: float | None) -> float | None:
    """Take the distance from 0, on either side; a ratio stays as it is."""
    return value if value is None or name in RATIOS else abs(value)
