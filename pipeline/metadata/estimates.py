"""Metrics of past runs with their confidence intervals, and which of them are shown."""

from collections.abc import Mapping
from dataclasses import dataclass

CONTRASTED_METRICS = ("balanced_accuracy", "weighted_precision", "weighted_f1")
"""What stands beside accuracy, macro precision and macro F1: the other way to weigh classes."""

SHOWN_METRICS = (
    "accuracy",
    "macro_f1",
    "macro_precision",
    "macro_recall",
    "auc",
    *CONTRASTED_METRICS,
    "expected_calibration_error",
)
"""Metrics over all rows of the test split, in the order in which tables show them."""


@dataclass(frozen=True)
class Estimate:
    """A metric and its 95 % confidence interval; NaN where there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class MetricGroup:
    """The metrics of one class or one slice.

    Attributes:
        name: Class, or value of the slice's column.
        rows: Rows of the test split in it.
        metrics: Name to estimate.
        column: Column of a slice.
    """

    name: str
    rows: int
    metrics: Mapping[str, Estimate]
    column: str = ""


@dataclass(frozen=True)
class CalibrationBin:
    """The rows whose prediction was about equally confident."""

    rows: int
    confidence: float
    accuracy: Estimate
