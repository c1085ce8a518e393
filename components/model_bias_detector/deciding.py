"""Decide the conditions that the Evaluator left to this node: those on bias after the training."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bert_aas.bias.files import OWN_KEY
from bert_aas.bias.metric_names import SWAPS
from bert_aas.conditions.document import CONDITIONS_FILE, EVALUATION_FILE, with_bias
from bert_aas.conditions.evaluating import DEFERRED, Verdict, evaluate
from bert_aas.conditions.params import ConditionParams
from components.tfrecords import read_file

_TOLD = ("name", "metric", "class", "slice", "operator", "bound", "allowed", "of")


def decide_deferred(evaluation: str, analysis: Mapping[str, Any]) -> Verdict:
    """Decide what the Evaluator could not.

    Args:
        evaluation: Folder of the Evaluator's output `evaluation`.
        analysis: As `bert_aas.bias.analysis.model_analysis` makes it.

    Returns:
        The verdict on all conditions, with nothing left to a later node; those that had been
        decided come out as before.
    """
    document = json.loads(read_file(f"{evaluation}/{EVALUATION_FILE}"))
    listed = json.loads(read_file(f"{evaluation}/{CONDITIONS_FILE}"))["conditions"]
    conditions = [
        ConditionParams.model_validate_json(json.dumps({key: one[key] for key in _TOLD}))
        for one in listed
    ]
    return evaluate(conditions, with_bias(document, "after", comparisons(analysis[OWN_KEY])))


def was_deferred(evaluation: str) -> frozenset[str]:
    """Name the conditions that the Evaluator left open.

    Args:
        evaluation: Folder of its output `evaluation`.

    Returns:
        Their names.
    """
    listed = json.loads(read_file(f"{evaluation}/{CONDITIONS_FILE}"))["conditions"]
    return frozenset(one["name"] for one in listed if one["outcome"] == DEFERRED)


def comparisons(own: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put the figures of the candidate and those of the baseline side by side.

    Args:
        own: What is under `bert_aas` in `analysis.json`.

    Returns:
        As `bert_aas.conditions.document.with_bias` takes them.
    """
    baseline = {
        (*_key(one), metric["name"]): metric["value"]
        for one in own.get("baseline", {}).get("comparisons", ())
        for metric in one["metrics"]
    }
    found: list[dict[str, Any]] = [
        {**one, "metrics": [_beside(one, metric, baseline) for metric in one["metrics"]]}
        for one in own["after"]["comparisons"]
    ]
    if "swaps" in own:
        figures = [{"name": SWAPS, "value": own["swaps"]["overall"]["share"]}]
        found.append(
            {"facet": "swaps", "value_or_threshold": "all", "positive": [], "metrics": figures}
        )
    return found


def _beside(
    one: Mapping[str, Any], metric: Mapping[str, Any], baseline: Mapping[Any, Any]
) -> dict[str, Any]:
    value = metric["value"] if metric.get("measured", True) else None
    return {**metric, "value": value, "baseline": baseline.get((*_key(one), metric["name"]))}


def _key(one: Mapping[str, Any]) -> tuple[Any, ...]:
    positive: Sequence[str] = one["positive"]
    return one["facet"], one["value_or_threshold"], tuple(positive)
