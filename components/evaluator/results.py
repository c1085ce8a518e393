"""Read what TFMA wrote: metrics with intervals by slice, and the confusion matrix.

Without TFMA, which takes many seconds to import: every run ends with these figures.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.evaluator.intervals import COUNTED_BY, interval_of
from components.evaluator.params import UNKNOWN_ROWS
from components.late_packages import execute_late
from components.tfrecords import read_tfrecords

OVERALL = ""

_TFMA = "tensorflow_model_analysis"
_BASELINE = "baseline"
_METRICS_FILES = "metrics*.tfrecord"
_PLOTS_FILES = "plots*.tfrecord"
_COUNTS = {UNKNOWN_ROWS, *COUNTED_BY.values()}


@dataclass(frozen=True)
class MetricValue:
    """One metric of one model on one slice.

    Attributes:
        name: For example `accuracy` or `class_recall`.
        index: Class id or calibration bin; `None` for a figure of the whole slice.
        slice: `column=value`; empty for the whole split.
        value: The metric; NaN if no rows decide it.
        low: Lower end of the 95 % confidence interval; NaN if there is none.
        high: Upper end.
        is_baseline: Whether it is the baseline model's.
    """

    name: str
    index: int | None
    slice: str
    value: float
    low: float
    high: float
    is_baseline: bool


def read_metrics(evaluation_uri: str) -> list[MetricValue]:
    """Read all metrics; differences to the baseline are left out.

    Args:
        evaluation_uri: Folder of the `ModelEvaluation` artifact.

    Returns:
        The metrics in TFMA's order of slices, the whole split first.

    Raises:
        OSError: If they are not there.
    """
    execute_late(_TFMA)
    from tensorflow_model_analysis.proto import metrics_for_slice_pb2  # noqa: PLC0415

    values: list[MetricValue] = []
    for record in read_tfrecords(evaluation_uri, _METRICS_FILES):
        metrics = metrics_for_slice_pb2.MetricsForSlice.FromString(record)
        name = _slice_name(metrics.slice_key)
        entries = [entry for entry in metrics.metric_keys_and_values if not entry.key.is_diff]
        counts = {_key(entry): entry.value.double_value.value for entry in entries}
        values.extend(_metric_value(name, entry, counts) for entry in entries)
    return sorted(values, key=lambda value: value.slice)


def overall(metrics: Sequence[MetricValue], name: str, *, baseline: bool = False) -> float:
    """Look one metric of the whole split up.

    Args:
        metrics: As returned by `read_metrics`.
        name: Name of the metric.
        baseline: Whether the baseline model's is meant.

    Returns:
        The value; NaN if it was not computed.
    """
    for metric in metrics:
        key = (metric.name, metric.index, metric.slice, metric.is_baseline)
        if key == (name, None, OVERALL, baseline):
            return metric.value
    return math.nan


def read_confusion_matrix(evaluation_uri: str, num_classes: int) -> NDArray[Any]:
    """Read the confusion matrix of the candidate on the whole split.

    Args:
        evaluation_uri: Folder of the `ModelEvaluation` artifact.
        num_classes: Number of classes, C.

    Returns:
        Rows by true class and predicted class, int `[C + 1, C + 1]`: the last row is for classes
        that the model does not know, the last column for answers that are no probabilities.

    Raises:
        OSError: If it is not there.
    """
    execute_late(_TFMA)
    from tensorflow_model_analysis.proto import metrics_for_slice_pb2  # noqa: PLC0415

    matrix = np.zeros((num_classes + 1, num_classes + 1), int)
    for record in read_tfrecords(evaluation_uri, _PLOTS_FILES):
        plots = metrics_for_slice_pb2.PlotsForSlice.FromString(record)
        if _slice_name(plots.slice_key) != OVERALL:
            continue
        for entry in plots.plot_keys_and_values:
            if entry.key.model_name == _BASELINE:
                continue
            for cell in entry.value.multi_class_confusion_matrix_at_thresholds.matrices[0].entries:
                place = _place(cell.actual_class_id, num_classes)
                answer = _place(cell.predicted_class_id, num_classes)
                matrix[place, answer] += round(cell.num_weighted_examples)
    return matrix


def _place(class_id: int, num_classes: int) -> int:
    return class_id if 0 <= class_id < num_classes else num_classes


_Key = tuple[str, int | None, bool]
"""Name, index, and whether it is the baseline's."""


def _key(entry: Any) -> _Key:
    key = entry.key
    has_index = key.HasField("sub_key") and key.sub_key.HasField("class_id")
    index = key.sub_key.class_id.value if has_index else None
    return key.name, index, key.model_name == _BASELINE


def _metric_value(slice_name: str, entry: Any, counts: Mapping[_Key, float]) -> MetricValue:
    name, index, is_baseline = _key(entry)
    value = entry.value.double_value.value
    bounds = (_bound(entry.confidence_interval, end) for end in ("lower_bound", "upper_bound"))
    rows = counts.get((COUNTED_BY.get(name, ""), index, is_baseline), math.nan)
    low = high = math.nan
    if name not in _COUNTS:  # what was counted is certain
        low, high = interval_of(value, (next(bounds), next(bounds)), rows)
    return MetricValue(name, index, slice_name, value, low, high, is_baseline)


def _bound(interval: Any, name: str) -> float:
    if not interval.HasField(name):
        return math.nan
    value: float = getattr(interval, name).double_value.value
    return value


def _slice_name(slice_key: Any) -> str:
    parts = []
    for key in slice_key.single_slice_keys:
        value = getattr(key, key.WhichOneof("kind"))
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        parts.append(f"{key.column}={text}")
    return ", ".join(parts)
