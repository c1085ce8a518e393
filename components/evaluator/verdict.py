"""Say in one sentence why a model was blessed or not."""

import json
import math
from dataclasses import dataclass
from decimal import Decimal

from bert_aas.conditions.comparing import SLACK
from bert_aas.contracts.figures import decimals_that_show, plain, written
from components.evaluator.params import UNKNOWN_ROWS
from components.evaluator.results import overall, read_metrics
from components.evaluator.tfma_compat import tfma


@dataclass(frozen=True)
class Decision:
    """The figures that decide a blessing.

    Attributes:
        metric: Name of the metric.
        value: The model's.
        lowest: The threshold.
        max_drop: How far below the baseline is allowed.
        baseline: The latest blessed model's value; None: there is no such model.
    """

    metric: str
    value: float
    lowest: float
    max_drop: float
    baseline: float | None = None

    def reasons(self) -> tuple[str, ...]:
        """Give what was found in words, with decimals enough to see it."""
        if math.isnan(self.value):
            return (
                f"{self.metric} could not be computed: the test split has no rows for it, or the "
                "model answers with probabilities that are not numbers",
            )
        if self.baseline is None or math.isnan(self.baseline):
            decimals = decimals_that_show(self._reaches, self.value)
            return self._against_threshold(decimals), self._without_baseline()
        decimals = max(
            decimals_that_show(self._reaches, self.value),
            decimals_that_show(self._holds, self.value, self.baseline),
        )
        verdict = (
            "not worse" if self._holds(written(self.value), written(self.baseline)) else "worse"
        )
        return (
            self._against_threshold(decimals),
            f"it is {verdict} than the latest blessed model's {self.baseline:.{decimals}f} by more "
            f"than {plain(self.max_drop)}",
        )

    def _against_threshold(self, decimals: int) -> str:
        verb = "reaches" if self._reaches(written(self.value)) else "is below"
        return f"{self.metric} {self.value:.{decimals}f} {verb} the threshold {plain(self.lowest)}"

    def _without_baseline(self) -> str:
        if self.baseline is None:
            return "there is no earlier blessed model to compare with"
        return f"the latest blessed model's {self.metric} could not be computed"

    def _reaches(self, value: Decimal) -> bool:
        return value >= written(self.lowest) - written(SLACK)

    def _holds(self, value: Decimal, baseline: Decimal) -> bool:
        return value - baseline >= -written(self.max_drop) - written(SLACK)


def compared(evaluation_uri: str, eval_config: tfma.EvalConfig, *, has_baseline: bool) -> str:
    """Say how the metric that decides compares with its bounds.

    Args:
        evaluation_uri: Folder of the `ModelEvaluation` artifact.
        eval_config: The configuration with one threshold, as `pipeline.graph.told.evaluation`
            builds it.
        has_baseline: Whether there is a blessed model to compare with.

    Returns:
        A part of a sentence with the metric, the threshold and, if there is one, the baseline's
        metric.
    """
    name, lowest, max_drop = short_form_of(eval_config)
    metrics = read_metrics(evaluation_uri)
    decision = Decision(
        name,
        overall(metrics, name),
        lowest,
        max_drop,
        overall(metrics, name, baseline=True) if has_baseline else None,
    )
    reasons = [*decision.reasons()]
    unknown = overall(metrics, UNKNOWN_ROWS)
    if unknown > 0:
        reasons.append(
            f"{unknown:,.0f} rows with labels that the model does not know count as errors"
        )
    return ", and ".join(reasons)


def short_form_of(eval_config: tfma.EvalConfig) -> tuple[str, float, float]:
    """Read metric, threshold and allowed drop.

    Args:
        eval_config: The configuration with one threshold.

    Returns:
        The three.

    Raises:
        ValueError: If there is no threshold.
    """
    name, threshold = _deciding(eval_config)
    lowest = threshold.value_threshold.lower_bound.value
    return name, lowest, -threshold.change_threshold.absolute.value


def with_slack(eval_config: tfma.EvalConfig) -> tfma.EvalConfig:
    """Lower the bounds by what the last digits of a float may be off.

    Args:
        eval_config: The configuration.

    Returns:
        A copy, for TFMA: 0.85 - 0.84 is more than 0.01 in floats.
    """
    changed = tfma.EvalConfig()
    changed.CopyFrom(eval_config)
    _, threshold = _deciding(changed)
    threshold.value_threshold.lower_bound.value -= SLACK
    threshold.change_threshold.absolute.value -= SLACK
    return changed


def _deciding(eval_config: tfma.EvalConfig) -> tuple[str, tfma.MetricThreshold]:
    for spec in eval_config.metrics_specs:
        for metric in spec.metrics:
            for per_slice in metric.per_slice_thresholds:
                return json.loads(f"{{{metric.config}}}")["name"], per_slice.threshold
    raise ValueError("the evaluation has no threshold")
