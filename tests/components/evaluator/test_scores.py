"""The area under the ROC curve, against scikit-learn and against pairs counted on paper."""

import math
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from components.evaluator import scores
from components.evaluator.scores import Scores

ROWS = 4000


def softmax(logits: NDArray[Any]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def rare_positives(spread: float) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """1 % positives; the model is sure of the other class in all rows, less so in theirs."""
    rng = np.random.default_rng(11)
    labels = (rng.random(ROWS) < 0.01).astype(int)
    margin = rng.normal(-9, spread, ROWS) + 4 * labels
    return labels, softmax(np.stack([np.zeros(ROWS), margin], axis=1))


def of(labels: NDArray[Any], probabilities: NDArray[Any]) -> Scores:
    return Scores(probabilities.shape[1], (labels,), (probabilities,))


def by_scikit_learn(labels: NDArray[Any], probabilities: NDArray[Any]) -> list[float]:
    classes = range(probabilities.shape[1])
    return [roc_auc_score(labels == index, probabilities[:, index]) for index in classes]


@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_rare_positives_whose_scores_are_all_near_zero(spread: float) -> None:
    labels, probabilities = rare_positives(spread)
    assert probabilities[:, 1].max() < 0.9
    assert np.median(probabilities[:, 1]) < 0.001  # a thousand equal bins see one score
    expected = by_scikit_learn(labels, probabilities)
    assert expected[1] > 0.85
    assert of(labels, probabilities).auc().tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("levels", [1, 2, 3, 10])
def test_ties_are_averaged(levels: int) -> None:
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 2, 300)
    first = rng.integers(0, levels, 300) / max(levels - 1, 1)
    probabilities = np.stack([first, 1 - first], axis=1)
    expected = by_scikit_learn(labels, probabilities)
    assert of(labels, probabilities).auc().tolist() == pytest.approx(expected, abs=1e-12)


def test_probabilities_at_0_and_1() -> None:
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[1, 0], [0, 1], [0, 1], [0, 1]], np.float32)
    # Class 1: its two rows have score 1; one other has 0 (two wins), one has 1 (two halves).
    assert of(labels, probabilities).auc().tolist() == [3 / 4, 3 / 4]


def test_one_class_has_no_area() -> None:
    areas = of(np.array([0, 0]), np.array([[0.8, 0.2], [0.4, 0.6]])).auc()
    assert np.isnan(areas).all()


def test_one_row_and_no_row_have_no_area() -> None:
    assert np.isnan(of(np.array([1]), np.array([[0.8, 0.2]])).auc()).all()
    assert np.isnan(Scores(3).auc()).all()
    assert len(Scores(3).auc()) == 3


def test_rows_of_no_class_are_negatives() -> None:
    labels = np.array([0, 1, 2])
    probabilities = np.array([[0.6, 0.4], [0.3, 0.7], [0.8, 0.2]])
    # Class 0: 0.6 is above 0.3, below 0.8. Class 1: 0.7 is above 0.4 and 0.2.
    assert of(labels, probabilities).auc().tolist() == [1 / 2, 1]


def test_parts_added_in_any_order_equal_all_at_once() -> None:
    labels, probabilities = rare_positives(2.0)
    parts = [of(labels[start::3], probabilities[start::3]) for start in range(3)]
    whole = of(labels, probabilities).auc().tolist()
    for one, two, three in ((0, 1, 2), (2, 0, 1)):
        added = parts[one] + (parts[two] + parts[three])
        assert added.is_exact
        assert added.auc().tolist() == whole


def test_beyond_the_limit_scores_are_rounded_and_memory_is_level(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels, probabilities = rare_positives(2.0)
    monkeypatch.setattr(scores, "MAX_EXACT", 3 * probabilities.size)
    one = of(labels, probabilities)
    assert (one + one + one).is_exact
    beyond = one + one + one + one
    assert not beyond.is_exact
    assert not (one + beyond).is_exact
    expected = by_scikit_learn(labels, probabilities)
    assert beyond.auc().tolist() == pytest.approx(expected, abs=1e-5)
    assert len(pickle.dumps(beyond + beyond)) == len(pickle.dumps(beyond))


def test_rounding_keeps_small_scores_and_those_near_1_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scores, "MAX_EXACT", 0)
    ascending = np.array([0, 1e-9, 2e-9, 1e-4, 1.01e-4, 0.4, 0.5, 0.6, 0.999, 0.9991, 1])
    probabilities = np.stack([ascending, ascending], axis=1).astype(np.float32)
    labels = np.arange(len(ascending)) % 2  # so that a tie or a swap shows
    rounded = of(labels, probabilities) + Scores(2)
    assert not rounded.is_exact
    assert rounded.auc().tolist() == by_scikit_learn(labels, probabilities)


def test_a_class_without_rows_has_no_area_beside_others() -> None:
    areas = of(np.array([0, 1]), np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1]])).auc()
    assert areas[:2].tolist() == [1, 1]
    assert math.isnan(areas[2])
