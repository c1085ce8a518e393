"""Read what Tuner, Trainer, Evaluator and InfraValidator left."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from components.evaluator.params import EvaluateParams
from components.tfrecords import read_file
from models.params import LABEL_VOCABULARY
from pipeline.class_order import natural_order
from pipeline.metadata.estimates import SHOWN_METRICS, CalibrationBin, Estimate, MetricGroup
from pipeline.report.data import (
    Check,
    Epoch,
    EvaluationSection,
    OptimizerSection,
    TrainingSection,
    TunerSection,
    VariantRow,
    VerdictSection,
)
from pipeline.report.reading.sources import Sources

if TYPE_CHECKING:
    from components.evaluator.results import MetricValue

HISTORY_FILE = "history.json"
TRIALS_FILE = "tuner_results.json"
VARIANTS_FILE = "Format-Serving/assets.extra/openvino/manifest.json"
CLASS_METRICS = ("precision", "recall", "f1", "auc")

_ASSETS = "transform_fn/assets"
_OVERALL = ""
_FIRST_COLUMNS = ("trial_id", "score")


def read_vocabulary(uri: str) -> list[str]:
    """Read the classes.

    Args:
        uri: Folder of Transform's `transform_graph`.

    Returns:
        The class names, in the order of the class ids.
    """
    # Not by TFT, which takes many seconds to import: it writes a name per line.
    content = read_file(f"{uri}/{_ASSETS}/{LABEL_VOCABULARY}").decode("utf-8", "replace")
    return content.removesuffix("\n").split("\n") if content else []


def read_training(uri: str, early_stopping_metric: str) -> TrainingSection:
    """Read the history of a training.

    Args:
        uri: Folder of Trainer's `model_run`.
        early_stopping_metric: `accuracy` or `loss`: it decides which weights are kept.

    Returns:
        The section.
    """
    content = _read_json(f"{uri}/{HISTORY_FILE}")
    epochs = tuple(
        Epoch(
            number=int(figures.get("epoch", place)),
            loss=figures.get("loss", math.nan),
            accuracy=figures.get("accuracy", math.nan),
            val_loss=figures.get("val_loss", math.nan),
            val_accuracy=figures.get("val_accuracy", math.nan),
            examples_per_s=figures.get("examples_per_s", math.nan),
        )
        for place, figures in enumerate(content["epochs"], start=1)
    )
    by_accuracy = early_stopping_metric == "accuracy"
    # The first of equals: the training keeps weights only if they are better.
    best = max(epochs, key=lambda e: e.val_accuracy if by_accuracy else -e.val_loss, default=None)
    return TrainingSection(
        epochs, best.number if best else None, content["hyperparameters"], content.get("precision")
    )


def read_trials(uri: str) -> TunerSection:
    """Read the trials of the Tuner.

    Args:
        uri: Folder of Tuner's `tuner_results`.

    Returns:
        The trials, the best score first.
    """
    trials: list[dict[str, Any]] = _read_json(f"{uri}/{TRIALS_FILE}")
    names = dict.fromkeys(name for trial in trials for name in trial)
    columns = [name for name in _FIRST_COLUMNS if name in names]
    columns += [name for name in names if name not in columns]
    ordered = sorted(trials, key=lambda trial: -(trial.get("score") or -math.inf))
    return TunerSection(tuple(columns), tuple(ordered))


def read_variants(uri: str) -> OptimizerSection:
    """Read what the Optimizer measured and decided.

    Args:
        uri: Folder of the Optimizer's `model`.

    Returns:
        The section.
    """
    content = _read_json(f"{uri}/{VARIANTS_FILE}")
    names = [field.name for field in fields(VariantRow)]
    variants = tuple(
        VariantRow(**{name: entry[name] for name in names}) for entry in content["variants"]
    )
    accuracy = content.get("reference", {}).get("accuracy", math.nan)
    return OptimizerSection(
        content.get("rows", 0), accuracy, content.get("cpu", ""), variants, content.get("note")
    )


def _read_json(path: str) -> Any:
    return json.loads(read_file(path))


def read_evaluation(uri: str, classes: Sequence[str], metric: str) -> EvaluationSection:
    """Read the metrics, the confusion matrix and the calibration.

    Args:
        uri: Folder of Evaluator's `evaluation`.
        classes: Class names in the order of the ids; empty if they are not known.
        metric: The metric that decides the blessing.

    Returns:
        The section, its classes in natural order.
    """
    from components.evaluator.results import read_confusion_matrix, read_metrics

    found = [value for value in read_metrics(uri) if value.name]
    candidate = [value for value in found if not value.is_baseline]
    overall = [value for value in candidate if value.slice == _OVERALL]
    ids = {value.index for value in overall if value.name == "class_recall"}
    names = list(classes) or [f"class {index}" for index in range(len(ids))]
    order = [names.index(name) for name in natural_order(names)]
    matrix = read_confusion_matrix(uri, len(names))
    confusion = tuple(tuple(int(matrix[i, j]) for j in order) for i in order)
    of_class = [int(matrix[i].sum()) for i in order]
    return EvaluationSection(
        metric=metric,
        overall=_estimates(overall, SHOWN_METRICS),
        baseline={
            v.name: v.value for v in found if v.is_baseline and not v.slice and v.index is None
        },
        by_class=_by_class(overall, names, order, of_class),
        slices=_slices(candidate),
        confusion=confusion,
        calibration=_calibration(overall),
        rows=int(matrix.sum()),
        unknown=int(matrix[-1].sum()),
    )


def collect_verdict(
    run: Mapping[str, Any],
    sources: Sources,
    evaluation: EvaluationSection | None,
    params: EvaluateParams,
) -> VerdictSection:
    """Put the gates on the way to the server together.

    Args:
        run: The content of `run.json`.
        sources: The artifacts: a gate without one was not reached.
        evaluation: The metrics, if there are any.
        params: Metric, threshold and allowed change.

    Returns:
        The section.
    """
    pushed = run.get("pushed_model")
    arrived = sources.artifact("Pusher", "pushed_model") is not None
    push_reason = f"pushed to {pushed}" if pushed else "nothing was pushed"
    checks = (
        _blessing("Blessing by the metrics", "Evaluator", run.get("reason"), sources),
        _blessing("Test in a model server", "InfraValidator", run.get("infra_reason"), sources),
        Check(
            "Push",
            bool(pushed) if arrived else None,
            push_reason if arrived else sources.reason("Pusher"),
        ),
    )
    value = evaluation.overall.get(params.metric) if evaluation else None
    baseline = evaluation.baseline.get(params.metric) if evaluation else None
    return VerdictSection(checks, params.metric, params.threshold, params.max_drop, value, baseline)


def _blessing(name: str, node_id: str, reason: str | None, sources: Sources) -> Check:
    artifact = sources.artifact(node_id, "blessing")
    if artifact is None:
        return Check(name, None, sources.reason(node_id))
    passed = artifact.properties.get("blessed") == 1
    said = str(artifact.properties.get("reason") or reason or "no reason was stored")
    return Check(name, passed, said)


def _estimate(found: "MetricValue") -> Estimate:
    """Cut the interval at 0 and 1: the jackknife does not know that metrics are shares."""
    low, high = np.clip([found.low, found.high], 0, 1)  # NaN stays NaN
    return Estimate(found.value, float(low), float(high))


def _estimates(values: Sequence["MetricValue"], names: Sequence[str]) -> dict[str, Estimate]:
    found = {v.name: _estimate(v) for v in values if v.index is None}
    return {name: found[name] for name in names if name in found}


def _by_class(
    overall: Sequence["MetricValue"],
    names: Sequence[str],
    order: Sequence[int],
    rows: Sequence[int],
) -> tuple[MetricGroup, ...]:
    found = {(v.name, v.index): _estimate(v) for v in overall}
    groups = []
    for place, index in enumerate(order):
        keys = {name: (f"class_{name}", index) for name in CLASS_METRICS}
        metrics = {name: found[key] for name, key in keys.items() if key in found}
        groups.append(MetricGroup(names[index], rows[place], metrics))
    return tuple(groups)


def _slices(candidate: Sequence["MetricValue"]) -> tuple[MetricGroup, ...]:
    by_slice: dict[str, list[MetricValue]] = {}
    for value in candidate:
        if value.slice != _OVERALL:
            by_slice.setdefault(value.slice, []).append(value)
    groups = []
    columns = dict.fromkeys(name.partition("=")[0] for name in by_slice)
    for column in columns:
        values = [name.partition("=")[2] for name in by_slice if name.partition("=")[0] == column]
        for name in natural_order(values):
            found = by_slice[f"{column}={name}"]
            rows = next((v.value for v in found if v.name == "example_count"), math.nan)
            metrics = _estimates(found, SHOWN_METRICS)
            label = name or "(empty)"
            groups.append(
                MetricGroup(label, 0 if math.isnan(rows) else round(rows), metrics, column)
            )
    return tuple(groups)


def _calibration(overall: Sequence["MetricValue"]) -> tuple[CalibrationBin, ...]:
    found = {(v.name, v.index): v for v in overall if v.name.startswith("calibration_")}
    bins = []
    for index in sorted(
        v.index
        for (name, _), v in found.items()
        if name == "calibration_count" and v.index is not None
    ):
        rows = found["calibration_count", index].value
        if rows and not math.isnan(rows):
            accuracy = found["calibration_accuracy", index]
            bins.append(
                CalibrationBin(
                    round(rows),
                    found["calibration_confidence", index].value,
                    _estimate(accuracy),
                )
            )
    return tuple(bins)
