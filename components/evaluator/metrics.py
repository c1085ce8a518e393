"""Metrics of a multi-class classifier for TFMA, all from one pass over the predictions.

TFMA's per-class metrics need the class ids when the graph is built; these read the number of
classes from the predictions, so that one compiled graph serves any data.
"""

import functools
import operator
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma
from numpy.typing import NDArray

from components.evaluator.params import UNKNOWN_ROWS
from components.evaluator.scores import Scores

CALIBRATION_BINS = 10
_ROWS_AT_A_TIME = 1024
_NO_SKILL = 0.5  # the area under the curve of scores that are all equal

Values = dict[tuple[str, int | None], float]
"""Metric name and class id (`None`: all classes) to value."""


@dataclass(frozen=True)
class Counts:
    """What is added up over the rows.

    Attributes:
        confusion: Rows by true class and predicted class, float `[C + 1, C]`; the last row counts
            those whose class the model does not know.
        calibration: Rows, confidences and hits by the confidence of the prediction,
            float `[3, CALIBRATION_BINS]`.
        scores: The probabilities of each row.
    """

    confusion: NDArray[Any]
    calibration: NDArray[Any]
    scores: Scores

    @classmethod
    def zeros(cls, num_classes: int) -> "Counts":
        """Return the counts of no rows.

        Args:
            num_classes: Number of classes, C.

        Returns:
            All zeros.
        """
        confusion = np.zeros((num_classes + 1, num_classes))
        return cls(confusion, np.zeros((3, CALIBRATION_BINS)), Scores(num_classes))

    @classmethod
    def of(cls, labels: NDArray[Any], probabilities: NDArray[Any]) -> "Counts":
        """Count rows.

        Args:
            labels: True class ids, int `[n]`; other ids than 0 to C - 1 are classes that the model
                does not know: such rows are misses.
            probabilities: Predicted probabilities, float `[n, C]`; one that is not a number spoils
                the confusion matrix, and with it every metric that can decide a blessing.

        Returns:
            Their counts.
        """
        num_classes = probabilities.shape[1]
        counts = cls.zeros(num_classes)
        finite = np.isfinite(probabilities).all(axis=1)
        if not finite.all():
            counts.confusion[:] = np.nan
        known = (labels >= 0) & (labels < num_classes)
        ids = np.where(known, labels, num_classes).astype(np.int64)[finite]
        answers = probabilities[finite]
        predicted = answers.argmax(axis=1)
        np.add.at(counts.confusion, (ids, predicted), 1)
        confidences = answers.max(axis=1).astype(np.float64)
        places = np.clip((confidences * CALIBRATION_BINS).astype(int), 0, CALIBRATION_BINS - 1)
        figures = (np.ones(len(ids)), confidences, predicted == ids)
        calibration = [np.bincount(places, each, CALIBRATION_BINS) for each in figures]
        return cls(counts.confusion, np.stack(calibration), Scores(num_classes, (ids,), (answers,)))

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.confusion + other.confusion,
            self.calibration + other.calibration,
            self.scores + other.scores,
        )


def metric_values(counts: Counts) -> Values:
    """Turn counts into metrics.

    Args:
        counts: The counts of one slice.

    Returns:
        Metric name and class id (`None`: all classes) to value. Averages are taken over the
        classes that occur in the slice, each alike (`macro_`) or by its rows (`weighted_`); those
        that the model does not know count as one more class, which it never finds. The mean of the
        recalls is the balanced accuracy; weighted by rows it is the accuracy. A value without rows
        to stand on is NaN.

    Source:
        Guo et al. 2017, arXiv:1706.04599 (expected calibration error); Hand and Till 2001 (the
        area under the ROC curve of one class against the rest).
    """
    hits = np.diag(counts.confusion)
    actual, predicted = counts.confusion[:-1].sum(axis=1), counts.confusion.sum(axis=0)
    unknown = float(counts.confusion[-1].sum())
    precision = np.where(predicted > 0, _divide(hits, predicted), np.where(actual > 0, 0, np.nan))
    recall = _divide(hits, actual)
    f1 = _divide(2 * hits, actual + predicted)
    per_class = {"precision": precision, "recall": recall, "f1": f1, "auc": counts.scores.auc()}
    rows = {"rows": actual, "predictions": predicted}
    values: Values = {
        ("accuracy", None): float(_divide(hits.sum(), counts.confusion.sum())),
        ("expected_calibration_error", None): _calibration_error(counts.calibration),
        (UNKNOWN_ROWS, None): unknown,
    }
    for name, by_class in per_class.items():
        overall = "auc" if name == "auc" else f"macro_{name}"
        occurring = by_class[(actual > 0) & ~np.isnan(by_class)]
        if unknown > 0:
            occurring = np.append(occurring, _of_unknown(name, actual))
        values[overall, None] = float(occurring.mean()) if occurring.size else float("nan")
        values |= {(f"class_{name}", index): float(v) for index, v in enumerate(by_class)}
    values["balanced_accuracy", None] = values["macro_recall", None]
    for name in ("precision", "f1"):
        values[f"weighted_{name}", None] = _weighted(per_class[name], actual, unknown)
    for name, by_class in rows.items():
        values |= {(f"class_{name}", index): float(v) for index, v in enumerate(by_class)}
    for row, name in enumerate(("count", "confidence", "accuracy")):
        column = counts.calibration[row] if row == 0 else _mean_rows(counts.calibration, row)
        values |= {(f"calibration_{name}", bucket): float(v) for bucket, v in enumerate(column)}
    return values


def _weighted(by_class: NDArray[Any], actual: NDArray[Any], unknown: float) -> float:
    """Average by rows; those of unknown classes weigh, and are never right."""
    total = np.where(actual > 0, by_class * actual, 0).sum()
    return float(_divide(total, actual.sum() + unknown))


def _of_unknown(name: str, actual: NDArray[Any]) -> list[float]:
    """Rate classes that the model gives no score: never found; by rank, no better than chance."""
    if name != "auc":
        return [0.0]
    return [_NO_SKILL] if actual.sum() > 0 else []


@dataclass
class Tally:
    """Counts, and rows that wait to be counted with others.

    Attributes:
        counts: Of the rows counted; None before the first.
        labels: True class ids of those that wait.
        probabilities: Their predicted probabilities, floats `[C]` each.
    """

    counts: Counts | None = None
    labels: list[int] = field(default_factory=list)
    probabilities: list[NDArray[Any]] = field(default_factory=list)

    def add(self, label: int, probabilities: NDArray[Any]) -> None:
        """Add a row.

        Args:
            label: True class id.
            probabilities: Predicted probabilities, float `[C]`.
        """
        self.labels.append(label)
        self.probabilities.append(probabilities)
        if len(self.labels) >= _ROWS_AT_A_TIME:
            self.counts, self.labels, self.probabilities = self.total(), [], []

    def total(self) -> Counts | None:
        """Count all rows; None without any."""
        if not self.labels:
            return self.counts
        added = Counts.of(np.array(self.labels), np.stack(self.probabilities))
        return added if self.counts is None else self.counts + added


class ClassificationMetrics(tfma.metrics.Metric):
    """All scalar metrics of the classifier; thresholds name the one that decides."""

    def __init__(self, name: str = "classification_metrics") -> None:
        """Register the computation.

        Args:
            name: Only for TFMA's bookkeeping.
        """
        super().__init__(_computations, name=name)


class MetricsCombineFn(beam.CombineFn):
    """Counts the rows of TFMA's standard metric inputs and ends in its metrics."""

    def __init__(self, model_name: str) -> None:
        """Remember which model's predictions are meant.

        Args:
            model_name: Empty, unless a baseline is evaluated, too.
        """
        self._model_name = model_name

    def create_accumulator(self) -> Tally:
        """Start without rows: the number of classes is not known before the first one."""
        return Tally()

    def add_input(self, accumulator: Tally, element: Any) -> Tally:
        """Add one row.

        Args:
            accumulator: The rows so far.
            element: TFMA's standard metric inputs of one row.

        Returns:
            The same with the row.
        """
        rows = tfma.metrics.to_label_prediction_example_weight(
            element,
            model_name=self._model_name,
            flatten=False,
            allow_none=False,
            require_single_example_weight=True,
        )
        for label, prediction, _ in rows:
            accumulator.add(int(np.asarray(label).reshape(-1)[0]), np.asarray(prediction).ravel())
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Tally]) -> Tally:
        """Add several up.

        Args:
            accumulators: Parts of the rows.

        Returns:
            All of them.
        """
        totals = [total for part in accumulators if (total := part.total()) is not None]
        return Tally(functools.reduce(operator.add, totals) if totals else None)

    def extract_output(self, accumulator: Tally) -> dict[tfma.metrics.MetricKey, float]:
        """Turn counts into metrics.

        Args:
            accumulator: The rows of one slice.

        Returns:
            TFMA's keys (class ids and calibration bins as sub keys) and values.
        """
        counts = accumulator.total()
        if counts is None:
            return {}
        values = metric_values(counts)
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
