"""The metrics, against scikit-learn and against sums on paper."""

import math
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    classification_report,
    confusion_matrix,
    precision_recall_fscore_support,
    roc_auc_score,
)

from components.evaluator.metrics import (
    CALIBRATION_BINS,
    Counts,
    MetricsCombineFn,
    Tally,
    metric_values,
)
from components.evaluator.params import BlessingMetric

pytestmark = pytest.mark.slow  # Beam and TFMA take many seconds to import

BY_HAND = [(0, (0.8, 0.2)), (0, (0.4, 0.6)), (1, (0.3, 0.7)), (1, (0.1, 0.9)), (1, (0.6, 0.4))]


def counted(labels: Any, probabilities: Any) -> Counts:
    return Counts.of(np.asarray(labels), np.asarray(probabilities, float))


def by_hand() -> Counts:
    return counted([label for label, _ in BY_HAND], [row for _, row in BY_HAND])


def random_rows(labels_up_to: int, classes: int) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(7)
    labels = rng.integers(0, labels_up_to, 400)
    probabilities = rng.dirichlet(np.ones(classes), 400)
    probabilities[np.arange(400), labels] += 0.4
    return labels, probabilities / probabilities.sum(axis=1, keepdims=True)


def test_two_classes_by_hand() -> None:
    values = metric_values(by_hand())
    assert by_hand().confusion.tolist() == [[1, 1], [1, 2], [0, 0]]
    assert values["accuracy", None] == pytest.approx(3 / 5)
    assert values["class_precision", 0] == pytest.approx(1 / 2)
    assert [values["class_rows", index] for index in range(2)] == [2, 3]
    assert [values["class_predictions", index] for index in range(2)] == [2, 3]
    assert values["class_recall", 1] == pytest.approx(2 / 3)
    assert values["class_f1", 1] == pytest.approx(2 / 3)
    assert values["macro_f1", None] == pytest.approx((1 / 2 + 2 / 3) / 2)
    # 0.7 and 0.9 are above 0.2 and 0.6; 0.4 only above 0.2: 5 of 6 pairs in the right order.
    assert values["class_auc", 1] == pytest.approx(5 / 6)
    assert values["auc", None] == pytest.approx(5 / 6)


def test_calibration_error_by_hand() -> None:
    values = metric_values(by_hand())
    # Bin 0.6: twice 0.6 and never right, 1.2 off; then 0.7, 0.8, 0.9, right each: 0.3, 0.2, 0.1.
    assert values["expected_calibration_error", None] == pytest.approx(1.8 / 5)
    assert values["calibration_count", 6] == 2
    assert values["calibration_confidence", 6] == pytest.approx(0.6)
    assert values["calibration_accuracy", 6] == 0
    assert values["calibration_accuracy", 9] == 1
    assert math.isnan(values["calibration_accuracy", 0])


def test_certainty_falls_into_the_last_calibration_bin() -> None:
    values = metric_values(counted([0], [(1.0, 0.0)]))
    assert values["calibration_count", CALIBRATION_BINS - 1] == 1


@pytest.mark.parametrize(("labels_up_to", "classes"), [(2, 2), (3, 3), (5, 5)])
def test_agrees_with_scikit_learn(labels_up_to: int, classes: int) -> None:
    labels, probabilities = random_rows(labels_up_to, classes)
    predicted = probabilities.argmax(axis=1)
    counts = counted(labels, probabilities)
    values = metric_values(counts)
    expected = precision_recall_fscore_support(labels, predicted, labels=range(classes))
    assert (counts.confusion[:-1] == confusion_matrix(labels, predicted)).all()
    assert values["accuracy", None] == pytest.approx(accuracy_score(labels, predicted))
    for name, of_classes in zip(("precision", "recall", "f1"), expected[:3], strict=True):
        found = [values[f"class_{name}", index] for index in range(classes)]
        assert found == pytest.approx(list(of_classes))
        assert values[f"macro_{name}", None] == pytest.approx(of_classes.mean())


def imbalanced_rows() -> tuple[NDArray[Any], NDArray[Any]]:
    labels, probabilities = random_rows(3, 4)
    kept = (labels == 0) | (np.arange(400) % 5 == 0)
    return labels[kept], probabilities[kept]


@pytest.mark.parametrize("unknown", [False, True])
def test_natural_and_balanced_metrics_agree_with_scikit_learn(unknown: bool) -> None:
    labels, probabilities = imbalanced_rows()
    predicted = probabilities.argmax(axis=1)
    assert set(predicted) - set(labels) == {3}  # a class that does not occur
    labels[:7] = -1 if unknown else labels[:7]
    values = metric_values(counted(labels, probabilities))
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        expected = balanced_accuracy_score(labels, predicted)
    assert values["balanced_accuracy", None] == pytest.approx(expected)
    report = classification_report(
        labels, predicted, labels=np.unique(labels), output_dict=True, zero_division=0
    )
    for name, key in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
        assert values[f"macro_{name}", None] == pytest.approx(report["macro avg"][key])
        if name != "recall":
            assert values[f"weighted_{name}", None] == pytest.approx(report["weighted avg"][key])
    assert values["accuracy", None] == pytest.approx(report["weighted avg"]["recall"])
    assert values["accuracy", None] != pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("classes", [2, 3])
def test_auc_agrees_with_scikit_learn(classes: int) -> None:
    labels, probabilities = random_rows(classes, classes)
    scores = probabilities[:, 1] if classes == 2 else probabilities
    expected = roc_auc_score(labels, scores, multi_class="ovr")
    found = metric_values(counted(labels, probabilities))["auc", None]
    assert found == pytest.approx(expected, abs=1e-12)


def test_ties_count_half() -> None:
    values = metric_values(counted([0, 1, 1], [(0.5, 0.5)] * 3))
    assert (values["class_auc", 0], values["class_auc", 1]) == (0.5, 0.5)


def test_macro_averages_leave_out_classes_that_do_not_occur() -> None:
    labels, probabilities = random_rows(3, 4)
    predicted = probabilities.argmax(axis=1)
    assert 3 in predicted
    values = metric_values(counted(labels, probabilities))
    expected = precision_recall_fscore_support(
        labels, predicted, labels=range(3), average="macro", zero_division=0
    )
    for name, value in zip(("precision", "recall", "f1"), expected[:3], strict=True):
        assert values[f"macro_{name}", None] == pytest.approx(value)
    assert math.isnan(values["class_recall", 3])
    assert values["class_precision", 3] == 0


def test_a_class_that_is_never_predicted_has_precision_0() -> None:
    values = metric_values(counted([0, 1], [(0.9, 0.1), (0.8, 0.2)]))
    assert (values["class_precision", 1], values["class_f1", 1]) == (0, 0)
    assert values["macro_precision", None] == pytest.approx(0.25)


def test_rows_of_unknown_classes_are_misses() -> None:
    values = metric_values(by_hand() + counted([-1, 7], [(0.3, 0.7), (0.9, 0.1)]))
    assert values["accuracy", None] == pytest.approx(3 / 7)
    assert values["unknown_rows", None] == 2
    # One more class, which is never found; its rows are false alarms of the others.
    assert values["class_precision", 0] == pytest.approx(1 / 3)
    assert values["class_precision", 1] == pytest.approx(2 / 4)
    assert values["macro_precision", None] == pytest.approx((1 / 3 + 2 / 4 + 0) / 3)
    assert values["macro_recall", None] == pytest.approx((1 / 2 + 2 / 3 + 0) / 3)
    # Bin 0.7 has 0.7 right and 0.7 wrong: |1.4 - 1|; bin 0.9: 0.9 right, 0.9 wrong: |1.8 - 1|.
    assert values["expected_calibration_error", None] == pytest.approx((1.2 + 0.4 + 0.2 + 0.8) / 7)
    assert values["calibration_count", 7] == values["calibration_count", 9] == 2


def test_unknown_classes_are_one_class_without_scores_to_scikit_learn() -> None:
    labels, probabilities = random_rows(4, 3 + 1)
    three = probabilities[:, :3] / probabilities[:, :3].sum(axis=1, keepdims=True)
    values = metric_values(counted(np.where(labels == 3, -1, labels), three))
    predicted = three.argmax(axis=1)
    options = {"average": "macro", "zero_division": 0}
    expected = precision_recall_fscore_support(labels, predicted, **options)
    found = [values[f"macro_{name}", None] for name in ("precision", "recall", "f1")]
    assert found == pytest.approx(list(expected[:3]))
    assert values["accuracy", None] == accuracy_score(labels, predicted)
    by_class = [roc_auc_score(labels == index, three[:, index]) for index in range(3)]
    assert values["auc", None] == pytest.approx(np.mean([*by_class, 0.5]))


def test_only_unknown_classes_give_no_hit() -> None:
    values = metric_values(counted([-1, -1], [(0.3, 0.7), (0.9, 0.1)]))
    names = ("accuracy", "macro_precision", "macro_recall", "macro_f1")
    assert [values[name, None] for name in names] == [0, 0, 0, 0]
    assert math.isnan(values["auc", None])


def test_no_rows_give_nan() -> None:
    values = metric_values(Counts.zeros(2))
    assert all(math.isnan(values[name, None]) for name in get_args(BlessingMetric))


def test_one_probability_that_is_no_number_spoils_every_deciding_metric() -> None:
    values = metric_values(by_hand() + counted([0, 1], [(math.nan, math.nan), (0.5, 0.5)]))
    assert all(math.isnan(values[name, None]) for name in get_args(BlessingMetric))


def test_merged_parts_equal_all_at_once() -> None:
    labels, probabilities = random_rows(3, 3)
    combine = MetricsCombineFn("")
    parts = [Tally(counted(labels[start::3], probabilities[start::3])) for start in range(3)]
    merged = combine.merge_accumulators([Tally(), *parts, Tally()])
    assert combine.extract_output(merged) == pytest.approx(
        combine.extract_output(Tally(counted(labels, probabilities))), nan_ok=True
    )


def test_rows_one_by_one_equal_all_at_once() -> None:
    rng = np.random.default_rng(2)
    labels, probabilities = rng.integers(0, 2, 2500), rng.dirichlet(np.ones(2), 2500)
    tally = Tally()
    for label, row in zip(labels, probabilities, strict=True):
        tally.add(int(label), row)
    total = tally.total()
    assert total is not None
    assert 0 < len(tally.labels) < 2500
    expected = metric_values(counted(labels, probabilities))
    assert metric_values(total) == pytest.approx(expected, nan_ok=True)


def test_combining_nothing_gives_no_metrics() -> None:
    combine = MetricsCombineFn("")
    merged = combine.merge_accumulators([combine.create_accumulator(), Tally()])
    assert combine.extract_output(merged) == {}


def test_keys_carry_the_model_and_the_class() -> None:
    keys = MetricsCombineFn("baseline").extract_output(Tally(by_hand()))
    named = {(key.name, key.sub_key.class_id if key.sub_key else None) for key in keys}
    assert {key.model_name for key in keys} == {"baseline"}
    assert {("accuracy", None), ("class_recall", 1), ("calibration_count", 9)} <= named
