"""Read the results of Evaluator and Trainer of past runs; local files need no TensorFlow."""

import json
import math

from components.evaluator.results import OVERALL, read_metrics
from components.tfrecords import read_file
from pipeline.metadata.estimates import Estimate

HISTORY_FILE = "history.json"
ROWS = "example_count"


def read_estimates(evaluation_uri: str) -> dict[str, Estimate]:
    """Read the metrics of a model on the whole test split.

    Args:
        evaluation_uri: Folder of the `ModelEvaluation` artifact.

    Returns:
        Name to value with its 95 % interval, cut at 0 and 1; the number of rows is `example_count`.

    Raises:
        OSError: If the folder is not there.
    """
    return {
        found.name: Estimate(found.value, _bound(found.low), _bound(found.high))
        for found in read_metrics(evaluation_uri)
        if found.name and found.index is None and found.slice == OVERALL and not found.is_baseline
    }


def read_curve(model_run_uri: str) -> tuple[tuple[int, float], ...]:
    """Read the validation accuracy of a training.

    Args:
        model_run_uri: Folder of Trainer's `model_run`.

    Returns:
        Number of each epoch and its figure, where it is known.

    Raises:
        OSError: If the folder is not there.
    """
    epochs = json.loads(read_file(f"{model_run_uri}/{HISTORY_FILE}"))["epochs"]
    figures = (
        (int(epoch.get("epoch", place)), epoch.get("val_accuracy", math.nan))
        for place, epoch in enumerate(epochs, start=1)
    )
    return tuple((number, value) for number, value in figures if math.isfinite(value))


def _bound(value: float) -> float:
    return min(max(value, 0.0), 1.0)  # the jackknife does not know that metrics are shares
