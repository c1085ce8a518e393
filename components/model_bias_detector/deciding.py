"""Decide the conditions that the Evaluator left to this node: those on bias after the training."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfx import types

from bert_aas.bias.files import OWN_KEY
from bert_aas.bias.metric_names import SWAPS
from bert_aas.conditions.document import CONDITIONS_FILE, EVALUATION_FILE, with_bias
from bert_aas.conditions.evaluating import DEFERRED, Verdict, as_json, evaluate
from bert_aas.conditions.params import ConditionParams
from bert_aas.conditions.telling import COMPARED, REASON, blessing_sentence
from bert_aas.contracts.plain_text import printable_json
from components.blessing import bless, copy_models
from components.tfrecords import open_to_write, read_file

_TOLD = ("name", "metric", "class", "slice", "operator", "bound", "allowed", "of")


@dataclass(frozen=True)
class Decided:
    """What came of all conditions.

    Attributes:
        verdict: On all of them, with nothing left to a later node.
        document: The content of `evaluation.json`, with the figures of bias after the training.
        left: Names of those that the Evaluator had left open.
    """

    verdict: Verdict
    document: Mapping[str, Any]
    left: frozenset[str]

    @property
    def listed(self) -> list[dict[str, Any]]:
        """Those that had been left open, as in `conditions.json`."""
        found: list[dict[str, Any]] = as_json(self.verdict)["conditions"]
        return [one for one in found if one["name"] in self.left]

    @property
    def refused(self) -> list[dict[str, Any]]:
        """Those of them that stand against the model."""
        names = {one.condition.name for one in self.verdict.refused}
        return [one for one in self.listed if one["name"] in names]

    def write(self, folder: str) -> None:
        """Write `evaluation.json` and `conditions.json`.

        Args:
            folder: Where to, a path or a URI.
        """
        found = as_json(self.verdict)
        content = {**self.document, "verdict": found["verdict"]}
        for name, written in ((EVALUATION_FILE, content), (CONDITIONS_FILE, found)):
            with open_to_write(f"{folder}/{name}") as file:
                file.write(f"{printable_json(written)}\n".encode())

    def bless(self, first: types.Artifact, blessing: types.Artifact) -> None:
        """Write the verdict with its reason.

        Args:
            first: The Evaluator's blessing.
            blessing: That of this node; it is changed.
        """
        copy_models(first, blessing)
        bless(blessing, blessed=self.verdict.passed)
        compared = first.get_string_custom_property(COMPARED)
        blessing.set_string_custom_property(REASON, blessing_sentence(compared, self.verdict))


def decide_deferred(evaluation: str, analysis: Mapping[str, Any]) -> Decided:
    """Decide what the Evaluator could not.

    Args:
        evaluation: Folder of the Evaluator's output `evaluation`.
        analysis: As `bert_aas.bias.analysis.model_analysis` makes it.

    Returns:
        The verdict on all conditions; those that had been decided come out as before.
    """
    document = json.loads(read_file(f"{evaluation}/{EVALUATION_FILE}"))
    listed = json.loads(read_file(f"{evaluation}/{CONDITIONS_FILE}"))["conditions"]
    conditions = [
        ConditionParams.model_validate_json(json.dumps({key: one[key] for key in _TOLD}))
        for one in listed
    ]
    measured = with_bias(document, "after", comparisons(analysis[OWN_KEY]))
    left = frozenset(one["name"] for one in listed if one["outcome"] == DEFERRED)
    return Decided(evaluate(conditions, measured), measured, left)


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
