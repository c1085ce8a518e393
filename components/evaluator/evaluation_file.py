"""The content of `evaluation.json`: every figure of the evaluation, for conditions and programs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from bert_aas.conditions.quality import multiclass_metrics
from components.evaluator.results import OVERALL, MetricValue

_VERSION = "1.0"
_CLASS = "class_"
_CALIBRATION = "calibration_"


def evaluation_content(
    metrics: Iterable[MetricValue],
    confusion: NDArray[Any],
    classes: Sequence[str],
    baseline_classes: Sequence[str] | None,
) -> dict[str, Any]:
    """Put the figures of an evaluation together.

    Args:
        metrics: What TFMA has written.
        confusion: The confusion matrix of the candidate on the whole split, `[C + 1, C + 1]`.
        classes: The candidate's classes, in the order of their ids.
        baseline_classes: Those of the latest blessed model; `None`: there is none.

    Returns:
        Values that JSON can hold: `metrics`, `classes` and `slices` with `value`, `low`, `high` and
        `baseline`, and Model Monitor's `multiclass_classification_metrics`.
    """
    parts: dict[str, dict[str, Any]] = {}
    ordered = sorted(metrics, key=lambda one: one.is_baseline)  # the candidate's names come first
    for one in ordered:
        part = parts.setdefault(one.slice, {"metrics": {}, "classes": {}})
        _add(part, one, (baseline_classes or ()) if one.is_baseline else classes)
    whole = parts.pop(OVERALL, {"metrics": {}, "classes": {}})
    return {
        "version": _VERSION,
        "has_baseline": baseline_classes is not None,
        **whole,
        "slices": parts,
        "multiclass_classification_metrics": multiclass_metrics(confusion, classes),
    }


def _add(part: Mapping[str, dict[str, Any]], one: MetricValue, classes: Sequence[str]) -> None:
    if one.name.startswith(_CALIBRATION) or not one.name:
        return
    figures = part["metrics"]
    if one.index is not None:
        name = classes[one.index] if one.index < len(classes) else str(one.index)
        figures = part["classes"].setdefault(name, {})
    name = one.name.removeprefix(_CLASS)
    entry = figures.setdefault(name, {"value": None})
    if one.is_baseline:
        entry["baseline"] = _finite(one.value)
        return
    entry["value"] = _finite(one.value)
    entry |= {"low": _finite(one.low), "high": _finite(one.high)}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
