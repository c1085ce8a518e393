import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.report.sections.evaluation import read_evaluation

VOCABULARY = ["1", "-1", "0"]  # by frequency, as Transform writes it


def value(name: str, number: float, index: int | None = None, **given: object) -> SimpleNamespace:
    plain = {"slice": "", "low": math.nan, "high": math.nan, "is_baseline": False}
    return SimpleNamespace(name=name, index=index, value=number, **(plain | given))


@pytest.fixture
def evaluator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for what TFMA wrote."""
    metrics = [
        value("accuracy", 0.8, low=-0.1, high=1.2),
        value("accuracy", 0.7, is_baseline=True),
        value("macro_f1", 0.75),
        value("class_recall", 0.9, 0),
        value("class_recall", 0.5, 1),
        value("class_recall", 0.6, 2),
        value("calibration_count", 0, 0),
        value("calibration_count", 10, 9),
        value("calibration_confidence", 0.95, 9),
        value("calibration_accuracy", 0.9, 9, low=0.8, high=1.0),
        value("example_count", 4, slice="size=10"),
        value("accuracy", 0.5, slice="size=10"),
        value("accuracy", 0.25, slice="size=9"),
        value("accuracy", 1.0, slice="size="),
    ]
    matrix = np.array([[5, 1, 0, 0], [2, 6, 3, 0], [0, 4, 7, 1], [0, 2, 0, 0]])
    fake = SimpleNamespace(
        read_metrics=lambda _: metrics,
        read_confusion_matrix=lambda _, count: matrix[: count + 1, : count + 1],
    )
    monkeypatch.setitem(sys.modules, "components.evaluator.results", fake)


@pytest.mark.usefixtures("evaluator")
def test_classes_are_in_natural_order() -> None:
    found = read_evaluation("anywhere", VOCABULARY, "accuracy")
    assert [group.name for group in found.by_class] == ["-1", "0", "1"]
    assert [group.metrics["recall"].value for group in found.by_class] == [0.5, 0.6, 0.9]
    # Class ids 1, 2, 0 in rows and columns.
    assert found.confusion == ((6, 3, 2), (4, 7, 0), (1, 0, 5))
    assert [group.rows for group in found.by_class] == [11, 12, 6]


@pytest.mark.usefixtures("evaluator")
def test_rows_of_unknown_classes_and_without_answer_are_rows() -> None:
    found = read_evaluation("anywhere", VOCABULARY, "accuracy")
    assert (found.rows, found.unknown) == (31, 2)


@pytest.mark.usefixtures("evaluator")
def test_intervals_are_cut_at_0_and_1_and_the_baseline_is_kept_apart() -> None:
    found = read_evaluation("anywhere", VOCABULARY, "accuracy")
    accuracy = found.overall["accuracy"]
    assert (accuracy.value, accuracy.low, accuracy.high) == (0.8, 0, 1)
    assert math.isnan(found.overall["macro_f1"].low)
    assert found.baseline == {"accuracy": 0.7}


@pytest.mark.usefixtures("evaluator")
def test_slices_are_in_natural_order_with_their_rows() -> None:
    found = read_evaluation("anywhere", VOCABULARY, "accuracy")
    assert [(group.name, group.rows) for group in found.slices] == [
        ("9", 0),
        ("10", 4),
        ("(empty)", 0),
    ]
    assert {group.column for group in found.slices} == {"size"}


@pytest.mark.usefixtures("evaluator")
def test_empty_calibration_bins_are_left_out() -> None:
    (only,) = read_evaluation("anywhere", VOCABULARY, "accuracy").calibration
    assert (only.rows, only.confidence, only.accuracy.value) == (10, 0.95, 0.9)


@pytest.mark.usefixtures("evaluator")
def test_classes_without_a_vocabulary_have_numbers() -> None:
    found = read_evaluation("anywhere", [], "accuracy")
    assert [group.name for group in found.by_class] == ["class 0", "class 1", "class 2"]
