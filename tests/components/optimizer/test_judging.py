from dataclasses import replace

import numpy as np
import pytest

from components.optimizer.candidates import Candidate
from components.optimizer.judging import Measurement, Verdict, accuracy, judge, judge_all
from components.optimizer.params import OptimizeParams

GOOD = Measurement(1000, 0.9, 0.999, 0.995, 0.02, 3.0, 2.0)


def test_a_good_and_fast_variant_is_kept() -> None:
    assert judge(GOOD, OptimizeParams()) == Verdict(
        True, "as good as the SavedModel, and 2.00 times as fast"
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
    assert judge(replace(GOOD, **changes), OptimizeParams()) == Verdict(False, reason)  # type: ignore[arg-type]


def test_the_bounds_themselves_are_good_enough() -> None:
    edge = replace(GOOD, accuracy_ratio=0.997, agreement=0.99, single_speedup=1.0)
    assert judge(edge, OptimizeParams()).kept


def test_the_bounds_can_be_set() -> None:
    params = OptimizeParams(min_accuracy_ratio=1.0, min_agreement=1.0, min_speedup=2.5)
    same = replace(GOOD, accuracy_ratio=1.0, agreement=1.0)
    assert not judge(same, params).kept
    assert judge(replace(same, batch_speedup=2.5), params).kept


PLAIN, ANY = Candidate("bf16", "bf16", "model.xml"), Candidate("f32", "f32", "model.xml")
INT8 = Candidate("int8-bf16", "bf16", "int8.xml", 128)


def test_what_is_kept_comes_first_and_the_fastest_ahead() -> None:
    measured = {
        PLAIN: replace(GOOD, agreement=0.5),
        ANY: replace(GOOD, single_speedup=1.5, batch_speedup=1.5),
        INT8: GOOD,
    }
    verdicts = judge_all(measured, OptimizeParams())
    assert [(found.name, verdict.kept) for found, verdict in verdicts.items()] == [
        ("int8-bf16", True),
        ("f32", True),
        ("bf16", False),
    ]


@pytest.mark.parametrize(
    ("single", "batch", "kept"),
    [(4.0, 2.0, True), (2.9, 2.0, False), (3.0, 2.0, False)],
    ids=["faster", "slower", "as fast"],
)
def test_integers_must_be_faster_than_the_same_without(
    single: float, batch: float, *, kept: bool
) -> None:
    measured = {PLAIN: GOOD, INT8: replace(GOOD, single_speedup=single, batch_speedup=batch)}
    verdict = judge_all(measured, OptimizeParams())[INT8]
    assert verdict.kept is kept
    if not kept:
        assert verdict.reason == "as good as the SavedModel, but bf16 is faster"


@pytest.mark.parametrize("rival", [ANY, PLAIN], ids=["of another precision", "that is not kept"])
def test_others_are_no_rivals(rival: Candidate) -> None:
    faster = replace(GOOD, agreement=1.0 if rival is ANY else 0.5, single_speedup=9.0)
    assert judge_all({rival: faster, INT8: GOOD}, OptimizeParams())[INT8].kept


def test_accuracy_by_hand() -> None:
    probabilities = np.array([[0.7, 0.3], [0.4, 0.6], [0.1, 0.9], [0.5, 0.5]], np.float32)
    assert accuracy(probabilities, np.array([0, 1, 0, -1])) == 0.5
    assert accuracy(probabilities[:0], np.array([], np.int64)) == 0
