"""The configuration of TFMA: what is measured, by which slices, and what blesses."""

import pytest

from components.evaluator.params import EvaluateParams
from pipeline.graph.told.evaluation import eval_config, threshold

pytestmark = pytest.mark.slow  # TFMA takes many seconds to import


def test_the_whole_split_and_every_slice_are_measured() -> None:
    config = eval_config(EvaluateParams(slices=("country", "year")))
    assert [list(spec.feature_keys) for spec in config.slicing_specs] == [[], ["country"], ["year"]]


def test_the_signatures_of_the_model_are_named() -> None:
    (model,) = eval_config(EvaluateParams()).model_specs
    assert model.signature_name == "evaluate"
    assert list(model.preprocessing_function_names) == ["evaluation_labels"]
    assert (model.label_key, model.prediction_key) == ("label_id", "probabilities")


def test_the_threshold_stands_under_the_chosen_metric() -> None:
    (specs,) = eval_config(EvaluateParams(metric="auc", threshold=0.7)).metrics_specs
    (deciding,) = [metric for metric in specs.metrics if metric.per_slice_thresholds]
    assert deciding.config == '"name": "auc"'
    (per_slice,) = deciding.per_slice_thresholds
    assert len(per_slice.slicing_specs) == 1
    assert per_slice.threshold.value_threshold.lower_bound.value == 0.7


def test_a_drop_is_a_negative_change() -> None:
    change = threshold(EvaluateParams(max_drop=0.02)).change_threshold
    assert change.absolute.value == -0.02


@pytest.mark.parametrize("wanted", [True, False])
def test_intervals_can_be_left_out(wanted: bool) -> None:
    options = eval_config(EvaluateParams(confidence_intervals=wanted)).options
    assert options.compute_confidence_intervals.value is wanted
