from dataclasses import replace

import numpy as np
import pytest

from components.optimizer.judging import Measurement, accuracy, judge
from components.optimizer.params import OptimizeParams

GOOD = Measurement("bf16", "bf16", 1000, 0.9, 0.999, 0.995, 0.02, 3.0, 2.0)


def test_a_good_and_fast_variant_is_kept() -> None:
    assert judge(GOOD, OptimizeParams()) == (
        True,
        "as good as the SavedModel, and 2.00 times as fast",
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"accuracy_ratio": 0.9969},
            "its accuracy is 99.69% of the SavedModel's; at least 99.70% is asked for",
        ),
        (
            {"agreement": 0.98},
            "it agrees with the SavedModel on 98.00% of the rows; at least 99.00% is asked for",
        ),
        (
            {"single_speedup": 0.9},
            "it is 0.90 times as fast as the SavedModel; at least 1.00 is asked for",
        ),
        (
            {"batch_speedup": 0.5},
            "it is 0.50 times as fast as the SavedModel; at least 1.00 is asked for",
        ),
        ({"rows": 0}, "the eval split has no rows to compare with"),
    ],
)
def test_others_are_not(changes: dict[str, float], reason: str) -> None:
    assert judge(replace(GOOD, **changes), OptimizeParams()) == (False, reason)  # type: ignore[arg-type]


def test_the_bounds_themselves_are_good_enough() -> None:
    edge = replace(GOOD, accuracy_ratio=0.997, agreement=0.99, single_speedup=1.0)
    assert judge(edge, OptimizeParams())[0]


def test_the_bounds_can_be_set() -> None:
    params = OptimizeParams(min_accuracy_ratio=1.0, min_agreement=1.0, min_speedup=2.5)
    same = replace(GOOD, accuracy_ratio=1.0, agreement=1.0)
    assert judge(same, params)[0] is False
    assert judge(replace(same, batch_speedup=2.5), params)[0]


def test_accuracy_by_hand() -> None:
    probabilities = np.array([[0.7, 0.3], [0.4, 0.6], [0.1, 0.9], [0.5, 0.5]], np.float32)
    assert accuracy(probabilities, np.array([0, 1, 0, -1])) == 0.5
    assert accuracy(probabilities[:0], np.array([], np.int64)) == 0
