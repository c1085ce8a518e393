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
_MOST_WHOLE = 100
"""Classes up to which the matrix has cells without rows, too: of more, almost all are empty."""

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
        `confusion_matrix` (of more than 100 classes without empty cells), and each metric with
        `value` and `standard_deviation`; beside them those of the constant classifier that always
        answers with the most frequent class. The standard deviations come from 1,000 bootstrap
        samples of the rows, with a fixed seed.

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
    cells = np.nonzero(confusion)
    values = _metrics(cells, confusion[cells][np.newaxis], len(confusion))
    samples = [_metrics(cells, drawn, len(confusion)) for drawn in _drawn(confusion[cells])]
    found = {}
    for name, value in values.items():
        drawn = np.concatenate([one[name] for one in samples]) if samples else np.array([np.nan])
        found[name] = {
            "value": _finite(value[0]),
            "standard_deviation": _finite(drawn.std(ddof=1)) if drawn.size > 1 else None,
        }
    return found


def _drawn(counts: Matrix) -> Iterator[Matrix]:
    """Draw the rows again, with replacement; rows of one cell are all alike."""
    rows = int(counts.sum())
    random = np.random.default_rng(_SEED)
    for _ in range(_DRAWS // _DRAWS_AT_A_TIME if rows else 0):
        yield random.multinomial(rows, counts / rows, _DRAWS_AT_A_TIME)


def _metrics(cells: tuple[Matrix, ...], counts: Matrix, size: int) -> dict[str, Matrix]:
    """Compute the metrics of several matrices.

    Args:
        cells: True and predicted class of the cells that are not 0, `[k]` each.
        counts: Their rows, `[n, k]`: few of many classes are taken for each other.
        size: Classes and one more.

    Returns:
        Name to values, `[n]`.
    """
    true, answered = cells
    right = true == answered
    hits = _summed(true[right], counts[:, right], size)[:, :-1]
    known = _summed(true, counts, size)[:, :-1]
    predicted = _summed(answered, counts, size)[:, :-1]
    recall, precision = _divide(hits, known), _divide(hits, predicted)
    weighted = {
        "weighted_recall": recall,
        "weighted_precision": precision,
        **{name: _f_score(precision, recall, beta) for name, beta in _BETAS.items()},
    }
    sums = {name: (by_class * known).sum(axis=1) for name, by_class in weighted.items()}
    total = counts.sum(axis=1)
    with np.errstate(invalid="ignore"):  # without rows there is nothing to divide by
        return {name: sum_ / total for name, sum_ in {"accuracy": hits.sum(axis=1), **sums}.items()}


def _summed(places: Matrix, counts: Matrix, size: int) -> Matrix:
    """Add up the counts of each class, `[n, size]`."""
    return np.stack([np.bincount(places, weights=one, minlength=size) for one in counts])


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
    if len(classes) > _MOST_WHOLE:
        return {
            name: {other: count for other, count in cells.items() if count}
            for name, cells in matrix.items()
        }
    if not confusion[:, -1].sum():
        for cells in matrix.values():
            del cells[NO_ANSWER]
    return matrix


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
