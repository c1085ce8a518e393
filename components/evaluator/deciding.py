"""Measure what conditions ask for, decide them, and write down both."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bert_aas.behaviour.judging import BEHAVIOUR_FILE, run_tests
from bert_aas.behaviour.judging import as_json as behaviour_json
from bert_aas.bias.files import ANALYSIS_FILE, OWN_KEY
from bert_aas.conditions.document import CONDITIONS_FILE, EVALUATION_FILE, with_bias
from bert_aas.conditions.evaluating import Verdict, evaluate
from bert_aas.conditions.evaluating import as_json as verdict_json
from bert_aas.conditions.params import ConditionParams
from bert_aas.contracts.plain_text import printable_json
from components.evaluator.asking import TIMED_ROWS, AskedModel, size_mb
from components.evaluator.evaluation_file import evaluation_content
from components.evaluator.results import MetricValue, read_confusion_matrix, read_metrics
from components.evaluator.rules import LATER, Rules
from components.tfrecords import open_to_write, read_file, read_tfrecords

LABEL_VOCABULARY = "label"
"""Of `models.params`, which the Trainer, not the Evaluator, depends on."""

_LATENCY = "latency_ms"
_BY_CLASS = "class_rows"
_ROWS = "*.gz"


@dataclass(frozen=True)
class Judged:
    """What is judged, and by what.

    Attributes:
        evaluation_uri: Folder of the `ModelEvaluation` artifact, in which TFMA has written.
        model: Folder of the candidate's SavedModel.
        baseline: Folder of the latest blessed one; `None`: there is none.
        split: Folder of the rows of the test split.
        bias: Folder of BiasDetector's analysis, where a condition is about it.
        rules: The conditions beside the threshold, and the behavioural tests.
    """

    evaluation_uri: str
    model: str
    baseline: str | None
    split: str
    bias: str | None
    rules: Rules


def decide(judged: Judged, conditions: Sequence[ConditionParams]) -> Verdict:
    """Measure, decide, and write `evaluation.json` and `conditions.json`.

    Args:
        judged: What is judged.
        conditions: All conditions.

    Returns:
        The verdict.
    """
    document = _measure(judged)
    verdict = evaluate(conditions, document, later=LATER)
    found = verdict_json(verdict)
    _write(judged.evaluation_uri, EVALUATION_FILE, {**document, "verdict": found["verdict"]})
    _write(judged.evaluation_uri, CONDITIONS_FILE, found)
    return verdict


def _measure(judged: Judged) -> dict[str, Any]:
    metrics = read_metrics(judged.evaluation_uri)
    classes = _classes(judged.model) or _ids(metrics)
    confusion = read_confusion_matrix(judged.evaluation_uri, len(classes))
    baseline_classes = None if judged.baseline is None else _classes(judged.baseline)
    document = evaluation_content(metrics, confusion, classes, baseline_classes)
    size = {"value": size_mb(judged.model)}
    if judged.baseline is not None:
        size["baseline"] = size_mb(judged.baseline)
    document["model"] = {"model_size_mb": size}
    if judged.rules.tests or judged.rules.asks_for(_LATENCY):
        _ask(judged, document)
    if judged.bias is not None:
        analysis = json.loads(read_file(f"{judged.bias}/{ANALYSIS_FILE}"))
        document = with_bias(document, "before", analysis[OWN_KEY]["comparisons"])
    return document


def _ask(judged: Judged, document: dict[str, Any]) -> None:
    """Load the model, for what TFMA does not measure."""
    model = AskedModel(judged.model)
    if judged.rules.asks_for(_LATENCY):
        document["model"][_LATENCY] = _latency(judged, model)
    if judged.rules.tests:
        results = behaviour_json(run_tests(judged.rules.tests, model.labels))
        _write(judged.evaluation_uri, BEHAVIOUR_FILE, results)
        document["tests"] = {
            one["name"]: {"share": {"value": one["share"]}, "rows": {"value": one["rows"]}}
            for one in results["tests"]
        }


def _latency(judged: Judged, model: AskedModel) -> dict[str, float | None]:
    rows = list(itertools.islice(read_tfrecords(judged.split, _ROWS), TIMED_ROWS))
    found = {"value": model.latency_ms(rows)}
    compared = (one.against_baseline for one in judged.rules.conditions if one.metric == _LATENCY)
    if judged.baseline is not None and any(compared):
        found["baseline"] = AskedModel(judged.baseline).latency_ms(rows)
    return found


def _classes(model: str) -> list[str]:
    """Read the classes from the transform graph inside a SavedModel."""
    try:
        content = read_file(f"{model}/assets/{LABEL_VOCABULARY}").decode("utf-8", "replace")
    except (OSError, ValueError):
        return []  # a model that was not exported by our Trainer: its classes are their ids
    return content.removesuffix("\n").split("\n") if content else []


def _ids(metrics: Iterable[MetricValue]) -> list[str]:
    places = [one.index for one in metrics if one.name == _BY_CLASS and one.index is not None]
    return [str(place) for place in range(max(places, default=-1) + 1)]


def _write(folder: str, name: str, content: Mapping[str, Any]) -> None:
    with open_to_write(f"{folder}/{name}") as file:
        file.write((printable_json(content) + "\n").encode())
