"""The parameters of the Evaluator: what is measured, and when a model is blessed."""

from typing import Literal

from pydantic import Field

from bert_aas.conditions.params import ConditionParams
from bert_aas.contracts.params import FrozenParams

METRICS_MODULE = "components.evaluator.metrics"
METRICS_CLASS = "ClassificationMetrics"
"""What TFMA computes; named here, because importing it loads TFMA."""

UNKNOWN_ROWS = "unknown_rows"
"""Name of a metric: rows whose label the model does not know; they count as misses."""

BlessingMetric = Literal[
    "accuracy",
    "macro_f1",
    "macro_precision",
    "macro_recall",
    "auc",
    "balanced_accuracy",
    "weighted_f1",
    "weighted_precision",
]


Otherwise = Literal["stop", "register_rejected", "command"]


class EvaluateParams(FrozenParams):
    """Metric, threshold, other conditions and slices of the evaluation on the test split."""

    metric: BlessingMetric = Field(
        default="accuracy", description="Metric that decides the blessing."
    )
    threshold: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="Lowest value of the metric with which a model is blessed.",
    )
    max_drop: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="How much lower than the latest blessed model the metric may be.",
    )
    slices: tuple[str, ...] = Field(
        default=(), description="Columns for which metrics are also computed by value."
    )
    confidence_intervals: bool = Field(
        default=True, description="Compute 95 % confidence intervals, by the jackknife."
    )
    conditions: tuple[ConditionParams, ...] = Field(
        default=(),
        description="What else a model must meet to be blessed: `{name, metric, class, slice, "
        "operator, bound}`, or others joined, `{name, operator: or, of: [NAME, NAME]}`.",
    )
    otherwise: Otherwise = Field(
        default="stop",
        description="What happens when a model does not meet its conditions: nothing more, it is "
        "registered as rejected, or `command` is run.",
    )
    command: tuple[str, ...] = Field(
        default=(), description="The program to run then, and its arguments; no shell reads them."
    )
    command_timeout_s: float = Field(
        default=300, gt=0, description="Seconds after which the command is stopped."
    )
