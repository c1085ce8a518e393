from dataclasses import replace

import numpy as np
import pytest

from components.optimizer.comparing.judging import Measurement, Verdict, accuracy, judge, judge_all
from components.optimizer.forms.candidates import Candidate
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
            {"accuracy": 0.89, "accuracy_ratio": 0.89 / 0.9, "lost": 12, "won": 2},
            "its accuracy is 98.89% of the SavedModel's; at least 99.70% is required, and chance "
            "does not explain it (1,000 rows: 12 right labels lost, 2 won)",
        ),
        (
            {"agreement": 0.98},
            "it agrees with the SavedModel on 98.00% of the rows; at least 99.00% is required, "
            "and chance does not explain it (20 of 1,000 rows)",
        ),
        (
            {"single_speedup": 0.996},
            "it is 0.996 times as fast as the SavedModel; at least 1.000 is required",
        ),
        (
            {"single_speedup": 0.9},
            "it is 0.90 times as fast as the SavedModel; at least 1.00 is required",
        ),
        (
            {"batch_speedup": 0.5},
            "it is 0.50 times as fast as the SavedModel; at least 1.00 is required",
        ),
        ({"rows": 0}, "the eval split has no rows to compare with"),
    ],
)
def test_others_are_not(changes: dict[str, float], reason: str) -> None:
    assert judge(replace(GOOD, **changes), OptimizeParams()) == Verdict(False, reason)  # type: ignore[arg-type]


ONE_OF_362 = Measurement(362, 329 / 362, 329 / 330, 361 / 362, 0.02, 3.0, 3.0, lost=1)


def test_one_row_of_362_is_chance() -> None:
    assert judge(ONE_OF_362, OptimizeParams()) == Verdict(
        True,
        "as good as the SavedModel, and 3.00 times as fast (within chance: 99.697% of its "
        "accuracy, and 362 rows are too few to tell that from 99.700%)",
    )


@pytest.mark.parametrize(("lost", "kept"), [(1, True), (4, True), (5, False), (9, False)])
def test_five_rows_of_362_are_more_than_chance(lost: int, *, kept: bool) -> None:
    worse = replace(
        ONE_OF_362, accuracy=(330 - lost) / 362, accuracy_ratio=(330 - lost) / 330, lost=lost
    )
    assert judge(worse, OptimizeParams(min_agreement=0.9)).kept is kept
    assert worse.is_as_good(OptimizeParams(min_agreement=0.9)) is kept


def test_rows_won_weigh_up_rows_lost() -> None:
    noisy = replace(GOOD, accuracy=0.89, accuracy_ratio=0.89 / 0.9, agreement=0.9)
    params = OptimizeParams(min_agreement=0.9)
    assert judge(replace(noisy, lost=55, won=45), params).kept
    assert not judge(replace(noisy, lost=10, won=0), params).kept


@pytest.mark.parametrize(("different", "kept"), [(7, True), (8, False)])
def test_labels_may_differ_as_often_as_chance_has_it(different: int, *, kept: bool) -> None:
    found = replace(ONE_OF_362, accuracy_ratio=1.0, lost=0, agreement=1 - different / 362)
    verdict = judge(found, OptimizeParams())
    assert verdict.kept is kept
    if kept:
        assert "(within chance: 98.07% of its labels, and 362 rows are too few" in verdict.reason


@pytest.mark.parametrize(
    ("rows", "said"),
    [(1, " (1 row is too few to tell more)"), (12, " (12 rows are too few to tell more)")],
)
def test_few_rows_are_said_to_be_too_few(rows: int, said: str) -> None:
    same = Measurement(rows, 1.0, 1.0, 1.0, 0.0, 2.0, 2.0)
    reason = judge(same, OptimizeParams()).reason
    assert reason == f"as good as the SavedModel, and 2.00 times as fast{said}"


def test_no_difference_at_all_can_be_asked_for() -> None:
    params = OptimizeParams(min_agreement=1.0)
    one = replace(GOOD, accuracy_ratio=1.0, agreement=0.999)
    assert not judge(one, params).kept


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
