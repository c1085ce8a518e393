"""The figures of a classifier in the shape of SageMaker Model Monitor, with standard deviations."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNKNOWN = "(unknown to the model)"
"""The true class of rows whose label the model does not know."""

NO_ANSWER = "(no answer)"
"""What was predicted where the probabilities were no numbers."""

_DRAWS = 1000
_DRAWS_AT_A_TIME = 50
_SEED = 20
_BETAS = {"weighted_f0_5": 0.5, "weighted_f1": 1.0, "weighted_f2": 2.0}
_CONSTANT = "best_constant_classifier"

Matrix = NDArray[Any]


def multiclass_metrics(confusion: Matrix, classes: Sequence[str]) -> dict[str, Any]:
    """Turn a confusion matrix into `multiclass_classification_metrics`.

    Args:
        confusion: Rows by true and predicted class, `[C + 1, C + 1]`; the last row is for true
            classes that the model does not know, the last column for rows without an answer.
        classes: The C classes.

    Returns:
        `confusion_matrix` and each metric with `value` and `standard_deviation`; beside them those
        of the constant classifier that always answers with the most frequent class. The standard
        deviations come from 1,000 bootstrap samples of the rows, with a fixed seed.

    Source:
        Amazon SageMaker, "Model Quality Metrics", multi-class; Efron 1979 (the bootstrap).
    """
    constant = np.zeros_like(confusion)
    if len(classes):
        constant[:, int(confusion.sum(axis=1)[:-1].argmax())] = confusion.sum(axis=1)
    both = {"": confusion, f"_{_CONSTANT}": constant}
    figures = {
        f"{name}{suffix}": figure
        for suffix, matrix in both.items()
        for name, figure in _with_deviations(matrix).items()
    }
    return {"confusion_matrix": _nested(confusion, classes), **figures}


def _with_deviations(confusion: Matrix) -> dict[str, dict[str, float | None]]:
    values = _metrics(confusion[np.newaxis])
    samples = [_metrics(drawn) for drawn in _bootstrapped(confusion)]
    found = {}
    for name, value in values.items():
        drawn = np.concatenate([one[name] for one in samples]) if samples else np.array([np.nan])
        found[name] = {
            "value": _finite(value[0]),
            "standard_deviation": _finite(drawn.std(ddof=1)) if drawn.size > 1 else None,
        }
    return found


def _bootstrapped(confusion: Matrix) -> Iterator[Matrix]:
    """Draw the rows again, with replacement; rows of one cell are all alike."""
    rows = int(confusion.sum())
    cells = np.nonzero(confusion)
    if not rows:
        return
    random = np.random.default_rng(_SEED)
    shares = confusion[cells] / rows
    for _ in range(_DRAWS // _DRAWS_AT_A_TIME):
        drawn = np.zeros((_DRAWS_AT_A_TIME, *confusion.shape))
        drawn[:, cells[0], cells[1]] = random.multinomial(rows, shares, _DRAWS_AT_A_TIME)
        yield drawn


def _metrics(confusion: Matrix) -> dict[str, Matrix]:
    """Compute the metrics of several matrices, `[n, C + 1, C + 1]`."""
    hits = np.einsum("nii->ni", confusion)[:, :-1]
    actual, predicted = confusion.sum(axis=2), confusion.sum(axis=1)[:, :-1]
    total, known = actual.sum(axis=1), actual[:, :-1]
    recall, precision = _divide(hits, known), _divide(hits, predicted)
    weighted = {
        "weighted_recall": recall,
        "weighted_precision": precision,
        **{name: _f_score(precision, recall, beta) for name, beta in _BETAS.items()},
    }
    sums = {name: (by_class * known).sum(axis=1) for name, by_class in weighted.items()}
    with np.errstate(invalid="ignore"):  # without rows there is nothing to divide by
        return {name: sum_ / total for name, sum_ in {"accuracy": hits.sum(axis=1), **sums}.items()}


def _f_score(precision: Matrix, recall: Matrix, beta: float) -> Matrix:
    square = beta**2
    return _divide((1 + square) * precision * recall, square * precision + recall)


def _divide(numerator: Matrix, denominator: Matrix) -> Matrix:
    """Divide; nothing by nothing is 0, as the weights of such classes are, or their hits."""
    return np.divide(
        numerator, denominator, out=np.zeros_like(denominator, float), where=denominator > 0
    )


def _nested(confusion: Matrix, classes: Sequence[str]) -> dict[str, dict[str, int]]:
    actual, answered = [*classes, UNKNOWN], [*classes, NO_ANSWER]
    matrix = {
        name: {other: int(confusion[row, column]) for column, other in enumerate(answered)}
        for row, name in enumerate(actual)
    }
    if not confusion[-1].sum():
        del matrix[UNKNOWN]
    if not confusion[:, -1].sum():
        for cells in matrix.values():
            del cells[NO_ANSWER]
    return matrix


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
