"""Say in TFMA's terms what is measured on the test split and what blesses a model."""

import json

# Not the package itself: it would load all of TFMA into nodes that come from the cache.
from tensorflow_model_analysis.proto import config_pb2 as tfma

from components.evaluator.params import METRICS_CLASS, METRICS_MODULE, EvaluateParams

EVALUATION_SIGNATURE = "evaluate"
LABELS_SIGNATURE = "evaluation_labels"
LABEL_ID = "label_id"
PROBABILITIES = "probabilities"


def eval_config(params: EvaluateParams) -> tfma.EvalConfig:
    """Build TFMA's configuration.

    Args:
        params: Metric, threshold, allowed change, slices, intervals.

    Returns:
        The configuration; without a baseline model TFMA leaves the change threshold out.
    """
    metrics = [
        tfma.MetricConfig(class_name="ExampleCount"),
        tfma.MetricConfig(
            class_name=METRICS_CLASS,
            module=METRICS_MODULE,
            # TFMA looks the threshold's metric up under the name of the whole family.
            config=json.dumps({"name": params.metric}).strip("{}"),
            per_slice_thresholds=[
                tfma.PerSliceMetricThreshold(
                    slicing_specs=[tfma.SlicingSpec()], threshold=threshold(params)
                )
            ],
        ),
        tfma.MetricConfig(class_name="MultiClassConfusionMatrixPlot", config='"thresholds": [0.0]'),
    ]
    return tfma.EvalConfig(
        model_specs=[
            tfma.ModelSpec(
                signature_name=EVALUATION_SIGNATURE,
                preprocessing_function_names=[LABELS_SIGNATURE],
                label_key=LABEL_ID,
                prediction_key=PROBABILITIES,
            )
        ],
        slicing_specs=[
            tfma.SlicingSpec(),
            *(tfma.SlicingSpec(feature_keys=[column]) for column in params.slices),
        ],
        metrics_specs=[tfma.MetricsSpec(metrics=metrics)],
        options=_options(params),
    )


def threshold(params: EvaluateParams) -> tfma.MetricThreshold:
    """Build the condition for the blessing.

    Args:
        params: Lowest value, and how far below the latest blessed model is allowed.

    Returns:
        TFMA's threshold on the whole test split.
    """
    return tfma.MetricThreshold(
        value_threshold=tfma.GenericValueThreshold(lower_bound={"value": params.threshold}),
        change_threshold=tfma.GenericChangeThreshold(
            direction=tfma.MetricDirection.HIGHER_IS_BETTER,
            absolute={"value": -params.max_drop},
        ),
    )


def _options(params: EvaluateParams) -> tfma.Options:
    return tfma.Options(
        compute_confidence_intervals={"value": params.confidence_intervals},
        confidence_intervals=tfma.ConfidenceIntervalOptions(
            method=tfma.ConfidenceIntervalOptions.JACKKNIFE
        ),
    )
