"""Model Monitor's figures of a classifier, against scikit-learn over the rows themselves."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, fbeta_score, precision_score, recall_score

from bert_aas.conditions.quality import NO_ANSWER, UNKNOWN, multiclass_metrics

CLASSES = ["a", "b", "c"]
CONFUSION = np.array([[30, 5, 2, 0], [4, 40, 0, 0], [7, 1, 11, 0], [0, 0, 0, 0]])


def rows(confusion: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    true, predicted = np.indices(confusion.shape).reshape(2, -1)
    counts = confusion.ravel()
    return np.repeat(true, counts), np.repeat(predicted, counts)


def of_sklearn(true: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    how = {"average": "weighted", "zero_division": 0}
    return {
        "accuracy": accuracy_score(true, predicted),
        "weighted_recall": recall_score(true, predicted, **how),
        "weighted_precision": precision_score(true, predicted, **how),
        "weighted_f0_5": fbeta_score(true, predicted, beta=0.5, **how),
        "weighted_f1": fbeta_score(true, predicted, beta=1, **how),
        "weighted_f2": fbeta_score(true, predicted, beta=2, **how),
    }


def test_values_are_those_of_scikit_learn() -> None:
    true, predicted = rows(CONFUSION)
    found = multiclass_metrics(CONFUSION, CLASSES)
    for name, value in of_sklearn(true, predicted).items():
        assert found[name]["value"] == pytest.approx(value, abs=1e-12)
    for name, value in of_sklearn(true, np.ones_like(true)).items():
        best = found[f"{name}_best_constant_classifier"]["value"]
        assert best == pytest.approx(value, abs=1e-12)


def test_deviations_are_those_of_rows_drawn_again() -> None:
    true, predicted = rows(CONFUSION)
    draw = np.random.default_rng(0)
    chosen = (draw.integers(0, len(true), len(true)) for _ in range(200))
    drawn = [of_sklearn(true[one], predicted[one]) for one in chosen]
    found = multiclass_metrics(CONFUSION, CLASSES)
    for name in drawn[0]:
        expected = np.std([one[name] for one in drawn])
        assert found[name]["standard_deviation"] == pytest.approx(expected, rel=0.2)
    share = found["accuracy"]["value"]
    exact = np.sqrt(share * (1 - share) / len(true))  # of a binomial distribution
    assert found["accuracy"]["standard_deviation"] == pytest.approx(exact, rel=0.1)


def test_the_confusion_matrix_is_by_name() -> None:
    found = multiclass_metrics(CONFUSION, CLASSES)["confusion_matrix"]
    assert found["c"] == {"a": 7, "b": 1, "c": 11}
    assert list(found) == CLASSES


def test_unknown_classes_and_missing_answers_are_misses() -> None:
    confusion = np.array([[3, 0, 1], [0, 4, 0], [2, 0, 0]])
    found = multiclass_metrics(confusion, ["a", "b"])
    assert found["accuracy"]["value"] == pytest.approx(0.7)
    assert found["weighted_recall"]["value"] == pytest.approx(0.7)
    assert found["confusion_matrix"][UNKNOWN] == {"a": 2, "b": 0, NO_ANSWER: 0}
    assert found["confusion_matrix"]["a"][NO_ANSWER] == 1


def test_without_rows_there_are_no_figures() -> None:
    found = multiclass_metrics(np.zeros((3, 3), int), ["a", "b"])
    assert found["accuracy"] == {"value": None, "standard_deviation": None}


def test_of_many_classes_the_cells_with_rows_alone_are_named() -> None:
    confusion = np.eye(301, dtype=int)
    confusion[300, 300] = 0
    confusion[7, 3] += 2
    found = multiclass_metrics(confusion, [str(number) for number in range(300)])
    assert found["accuracy"]["value"] == pytest.approx(300 / 302)
    assert found["confusion_matrix"]["7"] == {"3": 2, "7": 1}
    assert len(found["confusion_matrix"]) == 300
