"""Metrics and learning curves of past runs, against TFMA's and TensorFlow's own writers."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from pipeline.metadata.metrics import read_curve, read_estimates
from tests.ram_storage import ram_uri, upload


def write_metrics(folder: Path) -> Path:
    """Two slices of two models, in TFMA's format."""
    from components.late_packages import execute_late

    execute_late("tensorflow_model_analysis")
    from tensorflow_model_analysis.proto import metrics_for_slice_pb2 as proto

    folder.mkdir()
    overall, sliced = proto.MetricsForSlice(), proto.MetricsForSlice()
    _add(overall, "accuracy", 0.75, (0.5, 1.25))
    _add(overall, "accuracy", 0.9, model_name="baseline")
    _add(overall, "accuracy", -0.15, is_diff=True)
    _add(overall, "class_recall", 0.3, class_id=1)
    _add(overall, "example_count", 40.0)
    key = sliced.slice_key.single_slice_keys.add(column="colour")
    key.bytes_value = b"red"
    _add(sliced, "accuracy", 0.1)
    for number, metrics in enumerate((sliced, overall)):
        path = folder / f"metrics-0000{number}-of-00002.tfrecord"
        with tf.io.TFRecordWriter(str(path)) as writer:
            writer.write(metrics.SerializeToString())
    return folder


def _add(
    metrics: Any,
    name: str,
    value: float,
    interval: tuple[float, float] | None = None,
    class_id: int | None = None,
    **key: Any,
) -> None:
    entry = metrics.metric_keys_and_values.add()
    entry.key.name = name
    for field, given in key.items():
        setattr(entry.key, field, given)
    if class_id is not None:
        entry.key.sub_key.class_id.value = class_id
    entry.value.double_value.value = value
    if interval:
        entry.confidence_interval.lower_bound.double_value.value = interval[0]
        entry.confidence_interval.upper_bound.double_value.value = interval[1]


def test_the_figures_of_the_model_on_all_rows(tmp_path: Path) -> None:
    found = read_estimates(str(write_metrics(tmp_path / "evaluation")))
    assert set(found) == {"accuracy", "example_count"}
    accuracy = found["accuracy"]
    assert (accuracy.value, accuracy.low, accuracy.high) == (0.75, 0.5, 1.0)
    assert found["example_count"].value == 40
    assert math.isnan(found["example_count"].low)


def test_remote_folders(tmp_path: Path) -> None:
    folder = write_metrics(tmp_path / "evaluation")
    (folder / "history.json").write_text('{"epochs": [{"epoch": 1, "val_accuracy": 0.5}]}')
    storage = ram_uri(folder)
    upload(folder, storage)
    assert repr(read_estimates(storage)) == repr(read_estimates(str(folder)))
    assert read_curve(storage) == ((1, 0.5),)


def test_the_curve_leaves_unknown_figures_out(tmp_path: Path) -> None:
    epochs = [{"epoch": 1, "val_accuracy": 0.4}, {"epoch": 2}, {"val_accuracy": 0.6}]
    (tmp_path / "history.json").write_text(json.dumps({"epochs": epochs}))
    assert read_curve(str(tmp_path)) == ((1, 0.4), (3, 0.6))


@pytest.mark.parametrize("reader", [read_estimates, read_curve])
def test_a_missing_folder(tmp_path: Path, reader: Any) -> None:
    with pytest.raises(FileNotFoundError):
        reader(str(tmp_path / "gone"))
