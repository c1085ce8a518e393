"""Read what Evaluator and Trainer of past runs left, without loading TensorFlow for local files.

A list of runs is asked for often, and `components.evaluator.results` needs many seconds to import.
"""

import json
import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# The package itself would load TensorFlow, Beam and pandas; its protos need none of them.
from pipeline.light_imports import execute_late
from pipeline.report.data import Estimate

HISTORY_FILE = "history.json"
ROWS = "example_count"

_METRICS_FILES = "metrics*.tfrecord"
_BASELINE = "baseline"
_LENGTH = struct.Struct("<Q")
_CHECKSUM_BYTES = 4


def read_estimates(evaluation_uri: str) -> dict[str, Estimate]:
    """Read the metrics of a model on the whole test split.

    Args:
        evaluation_uri: Folder of the `ModelEvaluation` artifact.

    Returns:
        Name to value with its 95 % interval, cut at 0 and 1; the number of rows is `example_count`.

    Raises:
        OSError: If the folder is not there.
    """  # noqa: DOC502 - raised by what it calls
    execute_late("tensorflow_model_analysis")
    from tensorflow_model_analysis.proto import metrics_for_slice_pb2

    found: dict[str, Estimate] = {}
    for record in _records(evaluation_uri):
        metrics = metrics_for_slice_pb2.MetricsForSlice.FromString(record)
        if not metrics.slice_key.single_slice_keys:
            found |= dict(_estimates(metrics.metric_keys_and_values))
    return found


def read_curve(model_run_uri: str) -> tuple[tuple[int, float], ...]:
    """Read the validation accuracy of a training.

    Args:
        model_run_uri: Folder of Trainer's `model_run`.

    Returns:
        Number of each epoch and its figure, where it is known.

    Raises:
        OSError: If the folder is not there.
    """  # noqa: DOC502 - raised by what it calls
    epochs = json.loads(_content(f"{model_run_uri}/{HISTORY_FILE}"))["epochs"]
    figures = (
        (int(epoch.get("epoch", place)), epoch.get("val_accuracy", math.nan))
        for place, epoch in enumerate(epochs, start=1)
    )
    return tuple((number, value) for number, value in figures if math.isfinite(value))


def _estimates(entries: Any) -> Iterator[tuple[str, Estimate]]:
    for entry in entries:
        key = entry.key
        of_class = key.HasField("sub_key") and key.sub_key.HasField("class_id")
        if key.name and not key.is_diff and not of_class and key.model_name != _BASELINE:
            value = entry.value.double_value.value
            interval = entry.confidence_interval
            yield (
                key.name,
                Estimate(value, _bound(interval, "lower_bound"), _bound(interval, "upper_bound")),
            )


def _bound(interval: Any, name: str) -> float:
    if not interval.HasField(name):
        return math.nan
    value: float = getattr(interval, name).double_value.value
    return min(max(value, 0.0), 1.0)  # the jackknife does not know that metrics are shares


def _records(folder: str) -> Iterator[bytes]:
    """Read TFRecord files.

    Raises:
        FileNotFoundError: If there are none.

    Source:
        https://www.tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
    """
    files = _files(folder, _METRICS_FILES)
    if not files:
        raise FileNotFoundError(f"no metrics in {folder}")
    for path in files:
        content = _content(path)
        place = 0
        while place < len(content):
            (length,) = _LENGTH.unpack_from(content, place)
            start = place + _LENGTH.size + _CHECKSUM_BYTES
            yield content[start : start + length]
            place = start + length + _CHECKSUM_BYTES


def _files(folder: str, pattern: str) -> list[str]:
    if "://" not in folder:
        return sorted(str(path) for path in Path(folder).glob(pattern))
    from tfx.dsl.io import fileio

    return sorted(str(path) for path in fileio.glob(f"{folder}/{pattern}"))


def _content(path: str) -> bytes:
    if "://" not in path:
        return Path(path).read_bytes()
    from tfx.dsl.io import fileio

    with fileio.open(path, "rb") as file:
        return bytes(file.read())
