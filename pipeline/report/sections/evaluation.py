"""The metrics on the test split: overall, by class, by slice, confusions, calibration."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from components.tfrecords import read_file
from models.params import LABEL_VOCABULARY
from pipeline.metadata.estimates import SHOWN_METRICS, CalibrationBin, Estimate, MetricGroup
from pipeline.metadata.records import ArtifactRecord
from pipeline.predictions.class_order import natural_order
from pipeline.report.charts.confusion import confusion_matrix, top_confusions
from pipeline.report.charts.evaluation import forest, reliability
from pipeline.report.reading.sources import Sources
from pipeline.report.section import OutputSection

if TYPE_CHECKING:
    from components.evaluator.results import MetricValue

CLASS_METRICS = ("precision", "recall", "f1", "auc")

_ASSETS = "transform_fn/assets"
_OVERALL = ""


@dataclass(frozen=True)
class Evaluation:
    """What TFMA measured on the test split.

    Attributes:
        metric: The metric that decides the blessing.
        overall: All rows: name to estimate.
        baseline: The latest blessed model on the same rows; empty if there is none.
        by_class: One entry per class, in natural order.
        slices: One entry per slice.
        confusion: Rows by true and predicted class, both in natural order.
        calibration: Bins by confidence that have rows.
        rows: Rows of the test split, those of unknown classes among them.
        unknown: Rows whose class the model does not know: they count as misses.
    """

    metric: str
    overall: Mapping[str, Estimate]
    baseline: Mapping[str, float] = field(default_factory=dict)
    by_class: tuple[MetricGroup, ...] = ()
    slices: tuple[MetricGroup, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    rows: int = 0
    unknown: int = 0

    @property
    def slice_columns(self) -> tuple[str, ...]:
        """Return the columns that the metrics are sliced by, in the order of the slices."""
        return tuple(dict.fromkeys(group.column for group in self.slices))


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


def read_evaluation(uri: str, classes: Sequence[str], metric: str) -> Evaluation:
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
    return Evaluation(
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


def _read(evaluation: ArtifactRecord, run: Sources) -> Evaluation:
    transform = run.artifact("Transform", "transform_graph")
    classes = read_vocabulary(transform.uri) if transform else []
    return read_evaluation(evaluation.uri, classes, run.config.evaluate.metric)


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


SECTION = OutputSection(
    name="evaluation",
    title="Evaluation",
    node="Evaluator",
    output="evaluation",
    read=_read,
    helpers={
        "confusion_matrix": confusion_matrix,
        "forest": forest,
        "reliability": reliability,
        "top_confusions": top_confusions,
    },
)
