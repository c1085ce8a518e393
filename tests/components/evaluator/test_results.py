"""What is read back from TFMA's files, against scikit-learn."""

import math
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score, roc_auc_score

from components.evaluator.results import MetricValue, overall, read_confusion_matrix, read_metrics
from components.evaluator.verdict import compared
from tests.components.evaluator.conftest import Evaluation
from tests.ram_storage import ram_uri, upload

pytestmark = pytest.mark.slow  # TFMA takes many seconds to import


def find(metrics: list[MetricValue], name: str, index: int | None, slice_: str) -> MetricValue:
    keys = {(metric.name, metric.index, metric.slice): metric for metric in metrics}
    return keys[name, index, slice_]


def test_metrics_of_the_whole_split(sliced: Evaluation) -> None:
    metrics = read_metrics(sliced.uri)
    predicted = sliced.probabilities.argmax(axis=1)
    auc = roc_auc_score(sliced.labels, sliced.probabilities, multi_class="ovr")
    assert overall(metrics, "accuracy") == pytest.approx(accuracy_score(sliced.labels, predicted))
    assert overall(metrics, "auc") == pytest.approx(auc, abs=1e-6)
    assert overall(metrics, "example_count") == 150
    recalls = [find(metrics, "class_recall", index, "").value for index in range(3)]
    assert recalls == pytest.approx(list(recall_score(sliced.labels, predicted, average=None)))


@pytest.mark.parametrize("category", ["Hüte", "Socks"])
def test_metrics_of_slices(sliced: Evaluation, category: str) -> None:
    rows = sliced.categories == category
    found = find(read_metrics(sliced.uri), "accuracy", None, f"category={category}")
    predicted = sliced.probabilities.argmax(axis=1)
    assert found.value == pytest.approx(accuracy_score(sliced.labels[rows], predicted[rows]))


def test_intervals_are_about_as_wide_as_theory_says(sliced: Evaluation) -> None:
    accuracy = find(read_metrics(sliced.uri), "accuracy", None, "")
    assert accuracy.low < accuracy.value < accuracy.high
    normal = 2 * 1.96 * math.sqrt(accuracy.value * (1 - accuracy.value) / 150)
    assert normal / 2 < accuracy.high - accuracy.low < normal * 2


@pytest.mark.parametrize("name", ["balanced_accuracy", "weighted_precision", "weighted_f1"])
@pytest.mark.parametrize("slice_", ["", "category=Hüte"])
def test_natural_and_balanced_metrics_have_intervals(
    sliced: Evaluation, name: str, slice_: str
) -> None:
    found = find(read_metrics(sliced.uri), name, None, slice_)
    assert found.low < found.value < found.high


def test_without_intervals_the_bounds_are_nan(low: Evaluation) -> None:
    accuracy = find(read_metrics(low.uri), "accuracy", None, "")
    assert math.isnan(accuracy.low)
    assert math.isnan(accuracy.high)


def test_the_whole_split_comes_first(sliced: Evaluation) -> None:
    slices = list(dict.fromkeys(metric.slice for metric in read_metrics(sliced.uri)))
    assert slices == ["", "category=Hüte", "category=Socks"]


def test_a_metric_that_is_not_there_is_nan(low: Evaluation) -> None:
    metrics = read_metrics(low.uri)
    assert math.isnan(overall(metrics, "perplexity"))
    assert math.isnan(overall(metrics, "accuracy", baseline=True))


def test_confusion_matrix(sliced: Evaluation) -> None:
    expected = confusion_matrix(sliced.labels, sliced.probabilities.argmax(axis=1))
    found = read_confusion_matrix(sliced.uri, 3)
    assert (found[:3, :3] == expected).all()
    assert found.sum() == expected.sum()


def test_a_stored_evaluation_is_read(sliced: Evaluation) -> None:
    folder = Path(sliced.uri)
    storage = upload(folder, ram_uri(folder))

    assert repr(read_metrics(storage)) == repr(read_metrics(sliced.uri))
    assert compared(storage, sliced.config, has_baseline=False).startswith("accuracy ")
    predicted = sliced.probabilities.argmax(axis=1)
    found = read_confusion_matrix(storage, 3)
    assert (found[:3, :3] == confusion_matrix(sliced.labels, predicted)).all()


def test_the_interval_holds_the_value(sliced: Evaluation, degenerate: Evaluation) -> None:
    for evaluation in (sliced, degenerate):
        with_bounds = [found for found in read_metrics(evaluation.uri) if found.low == found.low]
        assert len(with_bounds) > 20
        for found in with_bounds:
            assert found.low <= found.value <= found.high, found


def test_counts_have_no_interval(sliced: Evaluation) -> None:
    rows = find(read_metrics(sliced.uri), "example_count", None, "")
    assert rows.value == 150
    assert math.isnan(rows.low)
    assert math.isnan(rows.high)


def test_all_answers_right_is_no_certainty(perfect: Evaluation) -> None:
    metrics = read_metrics(perfect.uri)
    for name, index, rows in (("accuracy", None, 30), ("class_recall", 0, 10)):
        found = find(metrics, name, index, "")
        # Were a share of 0.025 ** (1 / n) right, all n rows would be so in 2.5 % of samples.
        assert (found.value, found.high) == (1, 1)
        assert found.low == pytest.approx(0.025 ** (1 / rows))
    assert overall(metrics, "auc") == 1
    assert math.isnan(find(metrics, "auc", None, "").low)


def test_rows_of_unknown_classes_are_misses(degenerate: Evaluation) -> None:
    metrics = read_metrics(degenerate.uri)
    predicted = degenerate.probabilities.argmax(axis=1)
    assert (degenerate.labels == -1).sum() == 3
    assert overall(metrics, "accuracy") == pytest.approx(
        accuracy_score(degenerate.labels, predicted)
    )
    assert overall(metrics, "example_count") == 63
    assert overall(metrics, "unknown_rows") == 3
    assert find(metrics, "accuracy", None, "category=Socks").value == 0
    assert math.isnan(find(metrics, "auc", None, "category=Socks").value)


def test_rows_of_unknown_classes_stand_in_no_known_row(degenerate: Evaluation) -> None:
    found = read_confusion_matrix(degenerate.uri, 3)
    predicted = degenerate.probabilities.argmax(axis=1)
    known = degenerate.labels >= 0
    expected = confusion_matrix(degenerate.labels[known], predicted[known], labels=range(3))
    assert (found[:3, :3] == expected).all()
    assert found[3].tolist() == [*np.bincount(predicted[~known], minlength=3), 0]
    assert found.sum() == 63


def test_auc_of_ties_and_certainties(degenerate: Evaluation) -> None:
    metrics = read_metrics(degenerate.uri)
    by_class = [
        roc_auc_score(degenerate.labels == index, degenerate.probabilities[:, index])
        for index in range(2)
    ]
    found = [find(metrics, "class_auc", index, "").value for index in range(2)]
    assert found == pytest.approx(by_class)
    assert math.isnan(find(metrics, "class_auc", 2, "").value)
    assert overall(metrics, "auc") == pytest.approx(np.mean([*by_class, 0.5]))


def test_the_verdict_names_rows_of_unknown_classes(degenerate: Evaluation) -> None:
    reason = compared(degenerate.uri, degenerate.config, has_baseline=False)
    assert reason.endswith(", and 3 rows with labels that the model does not know count as errors")
