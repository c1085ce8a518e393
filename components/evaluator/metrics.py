"""Metrics of a multi-class classifier for TFMA, all from one pass over the predictions.

TFMA's per-class metrics need the class ids when the graph is built; these read the number of
classes from the predictions, so that one compiled graph serves any data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from numpy.typing import NDArray

CALIBRATION_BINS = 10
_AUC_BINS = 1000


@dataclass
class Counts:
    """What is added up over the rows.

    Attributes:
        confusion: Rows by true class and predicted class, float `[C, C]`.
        positives: Rows of each class by its own predicted probability, float `[C, bins]`.
        negatives: Rows of other classes by the class's predicted probability, float `[C, bins]`.
        calibration: Rows, confidences and hits by the confidence of the prediction,
            float `[3, CALIBRATION_BINS]`.
    """

    confusion: NDArray[Any]
    positives: NDArray[Any]
    negatives: NDArray[Any]
    calibration: NDArray[Any]

    @classmethod
    def zeros(cls, num_classes: int) -> "Counts":
        """Return the counts of no rows.

        Args:
            num_classes: Number of classes, C.

        Returns:
            All zeros.
        """
        return cls(
            np.zeros((num_classes, num_classes)),
            np.zeros((num_classes, _AUC_BINS)),
            np.zeros((num_classes, _AUC_BINS)),
            np.zeros((3, CALIBRATION_BINS)),
        )

    def add(self, label: int, probabilities: NDArray[Any]) -> None:
        """Count one row.

        Args:
            label: True class id; ids outside the classes are not counted.
            probabilities: Predicted probabilities, float `[C]`; one that is not a number spoils the
                confusion matrix, and with it every metric that can decide a blessing.
        """
        classes = np.arange(len(probabilities))
        if label not in classes:
            return
        if not np.isfinite(probabilities).all():
            self.confusion[:] = np.nan
            return
        predicted = int(np.argmax(probabilities))
        self.confusion[label, predicted] += 1
        bins = np.minimum((probabilities * _AUC_BINS).astype(int), _AUC_BINS - 1)
        self.negatives[classes, bins] += classes != label
        self.positives[label, bins[label]] += 1
        confidence = float(probabilities[predicted])
        place = min(int(confidence * CALIBRATION_BINS), CALIBRATION_BINS - 1)
        self.calibration[:, place] += (1, confidence, predicted == label)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.confusion + other.confusion,
            self.positives + other.positives,
            self.negatives + other.negatives,
            self.calibration + other.calibration,
        )


def metric_values(counts: Counts) -> dict[tuple[str, int | None], float]:
    """Turn counts into metrics.

    Args:
        counts: The counts of one slice.

    Returns:
        Metric name and class id (`None`: all classes) to value. Macro averages are taken over the
        classes that occur in the slice; a value without rows to stand on is NaN.

    Source:
        Guo et al. 2017, arXiv:1706.04599 (expected calibration error); Hand and Till 2001 (the
        area under the ROC curve of one class against the rest, here from a histogram).
    """
    hits = np.diag(counts.confusion)
    actual, predicted = counts.confusion.sum(axis=1), counts.confusion.sum(axis=0)
    precision = np.where(predicted > 0, _divide(hits, predicted), np.where(actual > 0, 0, np.nan))
    recall = _divide(hits, actual)
    f1 = _divide(2 * hits, actual + predicted)
    per_class = {"precision": precision, "recall": recall, "f1": f1, "auc": _auc(counts)}
    values: dict[tuple[str, int | None], float] = {
        ("accuracy", None): float(_divide(hits.sum(), actual.sum())),
        ("expected_calibration_error", None): _calibration_error(counts.calibration),
    }
    for name, by_class in per_class.items():
        overall = "auc" if name == "auc" else f"macro_{name}"
        occurring = by_class[(actual > 0) & ~np.isnan(by_class)]
        values[overall, None] = float(occurring.mean()) if occurring.size else float("nan")
        values |= {(f"class_{name}", index): float(v) for index, v in enumerate(by_class)}
    for row, name in enumerate(("count", "confidence", "accuracy")):
        column = counts.calibration[row] if row == 0 else _mean_rows(counts.calibration, row)
        values |= {(f"calibration_{name}", bucket): float(v) for bucket, v in enumerate(column)}
    return values


class ClassificationMetrics(tfma.metrics.Metric):
    """All scalar metrics of the classifier; thresholds name the one that decides."""

    def __init__(self, name: str = "classification_metrics") -> None:
        """Register the computation.

        Args:
            name: Only for TFMA's bookkeeping.
        """
        super().__init__(_computations, name=name)


class MetricsCombineFn(beam.CombineFn):
    """Adds up `Counts` over TFMA's standard metric inputs and ends in its metrics."""

    def __init__(self, model_name: str) -> None:
        """Remember which model's predictions are meant.

        Args:
            model_name: Empty, unless a baseline is evaluated, too.
        """
        self._model_name = model_name

    def create_accumulator(self) -> Counts | None:
        """Return nothing yet: the number of classes is not known before the first row."""
        return None

    def add_input(self, accumulator: Counts | None, element: Any) -> Counts | None:
        """Add one row.

        Args:
            accumulator: The counts so far.
            element: TFMA's standard metric inputs of one row.

        Returns:
            The counts with the row.
        """
        rows = tfma.metrics.to_label_prediction_example_weight(
            element,
            model_name=self._model_name,
            flatten=False,
            allow_none=False,
            require_single_example_weight=True,
        )
        for label, prediction, _ in rows:
            probabilities = np.asarray(prediction, np.float64).reshape(-1)
            if accumulator is None:
                accumulator = Counts.zeros(len(probabilities))
            accumulator.add(int(np.asarray(label).reshape(-1)[0]), probabilities)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Counts | None]) -> Counts | None:
        """Add several counts up.

        Args:
            accumulators: Counts of parts of the rows.

        Returns:
            Their sum.
        """
        merged: Counts | None = None
        for counts in accumulators:
            if counts is not None:
                merged = counts if merged is None else merged + counts
        return merged

    def extract_output(self, accumulator: Counts | None) -> dict[tfma.metrics.MetricKey, float]:
        """Turn counts into metrics.

        Args:
            accumulator: The counts of one slice.

        Returns:
            TFMA's keys (class ids and calibration bins as sub keys) and values.
        """
        if accumulator is None:
            return {}
        values = metric_values(accumulator)
        return {_key(name, index, self._model_name): v for (name, index), v in values.items()}


def _computations(
    model_names: Iterable[str] | None = None, example_weighted: bool = False, **_: Any
) -> list[tfma.metrics.MetricComputation]:
    return [_computation(name) for name in model_names or [""]]


def _computation(model_name: str) -> tfma.metrics.MetricComputation:
    key = _key("accuracy", None, model_name)
    return tfma.metrics.MetricComputation([key], None, MetricsCombineFn(model_name))


def _key(name: str, index: int | None, model_name: str) -> tfma.metrics.MetricKey:
    sub_key = None if index is None else tfma.metrics.SubKey(class_id=index)
    return tfma.metrics.MetricKey(name, model_name=model_name, sub_key=sub_key)


def _divide(numerator: Any, denominator: Any) -> NDArray[Any]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.true_divide(numerator, denominator))


def _mean_rows(calibration: NDArray[Any], row: int) -> NDArray[Any]:
    return _divide(calibration[row], calibration[0])


def _calibration_error(calibration: NDArray[Any]) -> float:
    rows, confidences, hits = calibration
    return float(_divide(np.abs(confidences - hits).sum(), rows.sum()))


def _auc(counts: Counts) -> NDArray[Any]:
    """Compare every positive with every negative row; a tie within a bin counts half."""
    below = np.cumsum(counts.negatives, axis=1) - counts.negatives / 2
    wins = (counts.positives * below).sum(axis=1)
    return _divide(wins, counts.positives.sum(axis=1) * counts.negatives.sum(axis=1))
