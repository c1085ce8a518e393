"""How the metric that decides compares with its bounds, over predictions without a model.

`test_executor.py` has the sentences with a baseline: TFMA wants two models for these.
"""

import pytest
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from components.evaluator.results import overall, read_metrics
from components.evaluator.verdict import compared
from tests.components.evaluator.conftest import Evaluation

pytestmark = pytest.mark.slow  # TFMA takes many seconds to import


def blessed(evaluation: Evaluation) -> bool:
    return bool(tfma.load_validation_result(evaluation.uri).validation_ok)


def test_the_first_model_above_the_threshold_is_blessed(sliced: Evaluation) -> None:
    accuracy = overall(read_metrics(sliced.uri), "accuracy")
    assert blessed(sliced)
    assert compared(sliced.uri, sliced.config, has_baseline=False) == (
        f"accuracy {accuracy:.4f} reaches the threshold 0.5, and there is no earlier "
        "blessed model to compare with"
    )


def test_below_the_threshold(low: Evaluation) -> None:
    macro_f1 = overall(read_metrics(low.uri), "macro_f1")
    assert not blessed(low)
    assert compared(low.uri, low.config, has_baseline=False) == (
        f"macro_f1 {macro_f1:.4f} is below the threshold 0.99, and there is no "
        "earlier blessed model to compare with"
    )


def test_a_configuration_without_a_threshold_is_a_mistake(low: Evaluation) -> None:
    with pytest.raises(ValueError, match="the evaluation has no threshold"):
        compared(low.uri, config_pb2.EvalConfig(), has_baseline=False)
