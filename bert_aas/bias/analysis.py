"""`analysis.json`: the figures in the schema of SageMaker Clarify, and more under a key of ours."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from bert_aas.bias.figures import BiasReport, Comparison, Figure, verdict
from bert_aas.bias.files import OWN_KEY
from bert_aas.bias.limits import after_training, before_training
from bert_aas.bias.metric_names import AFTER_DESCRIPTIONS, DESCRIPTIONS
from bert_aas.bias.significance import ALPHA

_VERSION = "1.0"
_CONFIDENCE = 0.95
_DESCRIPTIONS = {**DESCRIPTIONS, **AFTER_DESCRIPTIONS}


def analysis(report: BiasReport, limits: Mapping[str, float] | None = None) -> dict[str, Any]:
    """Describe a report of labels for programs.

    Args:
        report: What was found.
        limits: Name of a metric to the most that is allowed.

    Returns:
        Values that JSON can hold. `pre_training_bias_metrics` is Clarify's, for the first positive
        class or the positive classes together; `bert_aas` has every comparison, with intervals,
        p-values and limits.
    """
    return {
        "version": _VERSION,
        "pre_training_bias_metrics": _clarify(report),
        OWN_KEY: _own(report, before_training(limits or {})),
    }


def model_analysis(
    report: BiasReport,
    limits: Mapping[str, float] | None = None,
    *,
    baseline: BiasReport | None = None,
    swaps: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Describe a report of predictions for programs.

    Args:
        report: What was found.
        limits: Name of a metric to the most that is allowed.
        baseline: The same of another model, beside it.
        swaps: What swapping words changed, as values that JSON can hold.
        before: The analysis of the labels, which becomes a part of this one.

    Returns:
        Values that JSON can hold. `post_training_bias_metrics` is Clarify's; `bert_aas` has
        `after`, `baseline` and `swaps`, and what `before` has.
    """
    before = before or {"version": _VERSION}
    own: dict[str, Any] = {"after": _own(report, after_training(limits or {}))}
    if baseline:
        own["baseline"] = _own(baseline, {})
    if swaps:
        own["swaps"] = dict(swaps)
    return {
        **before,
        "post_training_bias_metrics": _clarify(report),
        OWN_KEY: {**before.get(OWN_KEY, {}), **own},
    }


def _clarify(report: BiasReport) -> dict[str, Any]:
    first = next(one.positive for one in report.comparisons if one.positive)
    return {
        "label": report.label,
        "label_value_or_threshold": ",".join(first),
        "facets": _facets(one for one in report.comparisons if one.positive == first),
    }


def _own(report: BiasReport, limits: Mapping[str, float]) -> dict[str, Any]:
    violations = report.beyond(limits)
    return {
        "label": report.label,
        "group": report.group,
        "classes": list(report.classes),
        "rows": report.rows,
        "rows_without_label": report.without_label,
        "rows_without_facet": dict(report.without_value),
        **({"rows_of_flip_test": report.sample} if report.sample else {}),
        "confidence": _CONFIDENCE,
        "alpha": ALPHA,
        "tests": report.tests,
        "comparisons": [_comparison(one) for one in report.comparisons],
        "max": dict(limits),
        "violations": [
            {
                "facet": one.comparison.facet,
                "value_or_threshold": one.comparison.value,
                "positive": list(one.comparison.positive),
                "metric": one.figure.name,
                "value": _finite(one.figure.value),
                "max": one.limit,
                "description": one.sentence,
            }
            for one in violations
        ],
        "verdict": verdict(violations, limits),
    }


def _facets(comparisons: Iterable[Comparison]) -> dict[str, Any]:
    facets: dict[str, Any] = {}
    for one in comparisons:
        facets.setdefault(one.facet, []).append(
            {
                "value_or_threshold": one.value,
                "metrics": [_metric(figure) for figure in one.figures],
            }
        )
    return facets


def _metric(figure: Figure) -> dict[str, Any]:
    found = {
        "name": figure.name,
        "description": _DESCRIPTIONS[figure.name],
        "value": _finite(figure.value),
    }
    found |= {} if figure.is_measured else {"measured": False}
    return found | ({"error": figure.error} if figure.error else {})


def _comparison(one: Comparison) -> dict[str, Any]:
    return {
        "facet": one.facet,
        "value_or_threshold": one.value,
        "positive": list(one.positive),
        "rows_a": one.a.rows,
        "rows_d": one.d.rows,
        "positive_rows_a": one.a.positive,
        "positive_rows_d": one.d.positive,
        **{
            f"answers_{name}": asdict(side.answers)
            for name, side in (("a", one.a), ("d", one.d))
            if side.answers
        },
        "too_few_rows": one.few or None,
        "groups_with_one_outcome": one.one_sided_groups,
        "metrics": [
            _metric(figure)
            | {
                "interval": [_finite(end) for end in figure.interval] if figure.interval else None,
                "p_value": figure.p_value,
                "adjusted_p_value": figure.adjusted,
                "significant": figure.is_sure,
            }
            for figure in one.figures
        ],
    }


def _finite(value: float | None) -> float | None:
    """JSON has no infinity: the error of the metric, or an end that is null, says so."""
    return value if value is not None and math.isfinite(value) else None
