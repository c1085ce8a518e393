"""Say in one sentence why a model was blessed or not."""

import json
import math

import tensorflow_model_analysis as tfma

from components.evaluator.results import overall, read_metrics


def explain(evaluation_uri: str, eval_config: tfma.EvalConfig, *, has_baseline: bool) -> str:
    """Explain TFMA's validation.

    Args:
        evaluation_uri: Folder of the `ModelEvaluation` artifact.
        eval_config: The configuration with one threshold, as `pipeline.evaluation` builds it.
        has_baseline: Whether there is a blessed model to compare with.

    Returns:
        One sentence with the metric, the threshold and, if there is one, the baseline's metric.
    """
    name, threshold = _deciding(eval_config)
    metrics = read_metrics(evaluation_uri)
    value = overall(metrics, name)
    lowest = threshold.value_threshold.lower_bound.value
    reasons = [_against_threshold(name, value, lowest)]
    if math.isnan(value):
        pass  # there is nothing to compare
    elif has_baseline:
        max_drop = -threshold.change_threshold.absolute.value
        reasons.append(_against_baseline(value, overall(metrics, name, baseline=True), max_drop))
    else:
        reasons.append("there is no earlier blessed model to compare with")
    blessed = tfma.load_validation_result(evaluation_uri).validation_ok
    return f"{'blessed' if blessed else 'not blessed'}: {', and '.join(reasons)}"


def _deciding(eval_config: tfma.EvalConfig) -> tuple[str, tfma.MetricThreshold]:
    for spec in eval_config.metrics_specs:
        for metric in spec.metrics:
            for per_slice in metric.per_slice_thresholds:
                return json.loads(f"{{{metric.config}}}")["name"], per_slice.threshold
    raise ValueError("the evaluation has no threshold")


def _against_threshold(name: str, value: float, lowest: float) -> str:
    if math.isnan(value):
        return (
            f"{name} could not be computed: the test split has no rows for it, or the model "
            "answers with probabilities that are not numbers"
        )
    verb = "reaches" if value >= lowest else "is below"
    return f"{name} {value:.4f} {verb} the threshold {lowest:g}"


def _against_baseline(value: float, baseline: float, max_drop: float) -> str:
    verdict = "not worse" if value - baseline >= -max_drop else "worse"
    return (
        f"it is {verdict} than the latest blessed model's {baseline:.4f} by more than {max_drop:g}"
    )
