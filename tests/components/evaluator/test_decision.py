"""The sentence of the verdict never contradicts itself."""

import pytest

from components.evaluator.verdict import Decision

pytestmark = pytest.mark.slow  # TFMA takes many seconds to import


@pytest.mark.parametrize(
    ("value", "lowest", "sentence"),
    [
        (0.59996, 0.6, "accuracy 0.59996 is below the threshold 0.6"),
        (0.5999999, 0.6, "accuracy 0.5999999 is below the threshold 0.6"),
        (0.6 - 1e-16, 0.6, "accuracy 0.6000 reaches the threshold 0.6"),
        (0.60004, 0.6, "accuracy 0.6000 reaches the threshold 0.6"),
        (0.5, 0.123456789, "accuracy 0.5000 reaches the threshold 0.123456789"),
    ],
)
def test_the_value_has_the_decimals_that_tell_it_from_the_threshold(
    value: float, lowest: float, sentence: str
) -> None:
    assert Decision("accuracy", value, lowest, 0.01).reasons()[0] == sentence


@pytest.mark.parametrize(
    ("value", "baseline", "sentences"),
    [
        (
            0.83996,
            0.85,
            (
                "accuracy 0.83996 reaches the threshold 0.6",
                "it is worse than the latest blessed model's 0.85000 by more than 0.01",
            ),
        ),
        (
            0.84,
            0.85,
            (
                "accuracy 0.8400 reaches the threshold 0.6",
                "it is not worse than the latest blessed model's 0.8500 by more than 0.01",
            ),
        ),
    ],
)
def test_value_and_baseline_have_the_decimals_that_tell_their_difference(
    value: float, baseline: float, sentences: tuple[str, str]
) -> None:
    assert Decision("accuracy", value, 0.6, 0.01, baseline).reasons() == sentences


def test_a_baseline_that_could_not_be_measured_is_named() -> None:
    reasons = Decision("auc", 0.9, 0.6, 0.01, float("nan")).reasons()
    assert reasons[1] == "the latest blessed model's auc could not be computed"
