"""Decide whether a variant of a model is as good as the model, and faster."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.optimizer.params import OptimizeParams


@dataclass(frozen=True, eq=False)
class Reference:
    """The SavedModel on the sample.

    Attributes:
        labels: True class ids, int64 `[n]`.
        probabilities: Its answers, float32 `[n, C]`.
        single_ms: Processor's time for one row, milliseconds.
        batch_ms: The same for a batch of rows.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    single_ms: float
    batch_ms: float

    @property
    def accuracy(self) -> float:
        """Share of the rows with the right label; 0 without rows."""
        return accuracy(self.probabilities, self.labels)


@dataclass(frozen=True)
class Measurement:
    """A variant beside the SavedModel, on the same rows.

    Attributes:
        name: Its name.
        precision: Of its arithmetic, as OpenVINO names it.
        rows: Rows compared.
        accuracy: Share of the rows with the right label.
        accuracy_ratio: The same over the SavedModel's accuracy; 1 if that is 0.
        agreement: Share of the rows with the SavedModel's label.
        max_difference: Largest difference of a probability.
        single_speedup: The SavedModel's time over the variant's, for one row.
        batch_speedup: The same for a batch.
    """

    name: str
    precision: str
    rows: int
    accuracy: float
    accuracy_ratio: float
    agreement: float
    max_difference: float
    single_speedup: float
    batch_speedup: float

    @property
    def speedup(self) -> float:
        """The smaller of the two."""
        return min(self.single_speedup, self.batch_speedup)

    def is_as_good(self, params: OptimizeParams) -> bool:
        """Tell whether its answers are within the bounds."""
        return (
            self.rows > 0
            and self.accuracy_ratio >= params.min_accuracy_ratio
            and self.agreement >= params.min_agreement
        )


def accuracy(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Count the rows with the right label.

    Args:
        probabilities: Float32 `[n, C]`.
        labels: True class ids, int64 `[n]`; ids outside the classes are never right.

    Returns:
        Their share; 0 without rows.
    """
    return float(np.mean(probabilities.argmax(axis=1) == labels)) if len(labels) else 0.0


def judge(variant: Measurement, params: OptimizeParams) -> tuple[bool, str]:
    """Decide whether a variant is kept.

    Args:
        variant: What was measured.
        params: The bounds.

    Returns:
        Whether it is, and one sentence that says why.
    """
    if variant.rows == 0:
        return False, "the eval split has no rows to compare with"
    if variant.accuracy_ratio < params.min_accuracy_ratio:
        return False, (
            f"its accuracy is {variant.accuracy_ratio:.2%} of the SavedModel's; at least "
            f"{params.min_accuracy_ratio:.2%} is asked for"
        )
    if variant.agreement < params.min_agreement:
        return False, (
            f"it agrees with the SavedModel on {variant.agreement:.2%} of the rows; at least "
            f"{params.min_agreement:.2%} is asked for"
        )
    if variant.speedup < params.min_speedup:
        return False, (
            f"it is {variant.speedup:.2f} times as fast as the SavedModel; at least "
            f"{params.min_speedup:.2f} is asked for"
        )
    return True, f"as good as the SavedModel, and {variant.speedup:.2f} times as fast"
