"""What a condition can be about: the names of figures, their ranges and places."""

import math
from dataclasses import dataclass

from bert_aas.bias.metric_names import DESCRIPTIONS
from bert_aas.conditions.params import ConditionParams

METRICS, CLASSES, MODEL, TESTS = "metrics", "classes", "model", "tests"
BEFORE, AFTER = "bias.before", "bias.after"

RATIOS = ("DI",)
"""Figures of bias that are 1 where groups are treated alike; all others are 0 then."""

AFTER_TRAINING = (
    *("DPPL", "DI", "DCAcc", "DCR", "AD", "RD", "SD", "DAR", "DRR", "FT", "CDDPL", "TE", "GE"),
    "flips",
)
"""Figures of bias after training; `flips` is the share of labels that swapped words change."""

_SHARES = (
    *("accuracy", "macro_f1", "macro_precision", "macro_recall", "auc", "balanced_accuracy"),
    *("weighted_f1", "weighted_precision", "expected_calibration_error"),
)
_COUNTS = ("example_count", "unknown_rows")
_CLASS_SHARES = ("precision", "recall", "f1", "auc")
_CLASS_COUNTS = ("rows", "predictions")
_MODEL = ("latency_ms", "model_size_mb")
_DECIMALS = 4


@dataclass(frozen=True)
class Subject:
    """A figure that is measured.

    Attributes:
        place: The part of `evaluation.json` that has it.
        name: Its name there.
        highest: The largest value that it can have; the smallest is `lowest`.
        lowest: The smallest value.
        decimals: How many decimals are shown at least.
    """

    place: str
    name: str
    highest: float = 1
    lowest: float = 0
    decimals: int = _DECIMALS


def subject_of(condition: ConditionParams) -> Subject:
    """Find out what a condition is about.

    Args:
        condition: A condition that joins no others.

    Returns:
        The subject.

    Raises:
        ValueError: If there is no such figure, or it has no classes or slices.
    """
    metric = condition.metric or ""
    subject = _of_parts(metric) or _of_metrics(metric, of_class=condition.class_name is not None)
    if condition.slice and subject.place in {MODEL, TESTS}:
        raise ValueError(f"{metric!r} has no slices")
    if condition.class_name and subject.place in {MODEL, TESTS}:
        raise ValueError(f"{metric!r} has no classes")
    if condition.against_baseline and subject.place in {TESTS, BEFORE}:
        raise ValueError(f"{metric!r} is not measured on the baseline, so it needs a number")
    return subject


def _of_parts(metric: str) -> Subject | None:
    if metric in _MODEL:
        return Subject(MODEL, metric, math.inf, decimals=2)
    if metric.startswith(f"{TESTS}."):
        return Subject(TESTS, metric.removeprefix(f"{TESTS}."))
    for place, names in ((BEFORE, tuple(DESCRIPTIONS)), (AFTER, AFTER_TRAINING)):
        name = metric.removeprefix(f"{place}.")
        if name != metric:
            if name not in names:
                raise ValueError(
                    f"{metric!r} is no figure; known are {place}.{{{','.join(names)}}}"
                )
            return Subject(place, name, math.inf)
    return None


def _of_metrics(metric: str, *, of_class: bool) -> Subject:
    shares, counts = (_CLASS_SHARES, _CLASS_COUNTS) if of_class else (_SHARES, _COUNTS)
    place = CLASSES if of_class else METRICS
    if metric in shares:
        return Subject(place, metric)
    if metric in counts:
        return Subject(place, metric, math.inf, decimals=0)
    if not of_class and metric in (*_CLASS_SHARES, *_CLASS_COUNTS):
        raise ValueError(f'{metric!r} is measured by class: give `class`, or "*" for each class')
    known = (*shares, *counts) if of_class else (*shares, *counts, *_MODEL)
    more = "" if of_class else f", {TESTS}.NAME, {BEFORE}.NAME, {AFTER}.NAME"
    raise ValueError(
        f"{metric!r} is no metric{' of a class' if of_class else ''}; known are "
        f"{', '.join(known)}{more}"
    )


def path_of(condition: ConditionParams) -> str:
    """Write where in `evaluation.json` a figure is.

    Args:
        condition: A condition that joins no others.

    Returns:
        A JSON path, such as `classes['negative'].recall.value`; `*` stands for each.
    """
    subject = subject_of(condition)
    if subject.place in {BEFORE, AFTER}:
        return f"{subject.place}.{subject.name}"
    if subject.place == TESTS:
        return f"tests{quoted(subject.name)}.share.value"
    start = f"slices{quoted(condition.slice)}." if condition.slice else ""
    chosen = quoted(condition.class_name) if subject.place == CLASSES else ""
    return f"{start}{subject.place}{chosen}.{subject.name}.value"


def quoted(key: str | None) -> str:
    """Write a key as a step of a JSON path."""
    escaped = (key or "").replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def described(condition: ConditionParams, part: str = "") -> str:
    """Say what is measured.

    Args:
        condition: A condition that joins no others.
        part: Which of several figures it is.

    Returns:
        A few words, for example `recall of the class 'negative'`.
    """
    subject = subject_of(condition)
    if subject.place == TESTS:
        return f"the share of passed rows of the test {subject.name!r}"
    words = [condition.metric or ""]
    if part:
        return f"{words[0]} of {part}"
    if condition.class_name:
        words.append(f"of the class {condition.class_name!r}")
    if condition.slice:
        words.append(f"of the slice {condition.slice}")
    return " ".join(words)
