"""Decide whether a variant of a model is as good as the model, and faster."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bert_aas.contracts.figures import decimals_that_show
from components.optimizer.comparing.chance import (
    LEVEL,
    can_tell,
    chance_of_difference,
    chance_of_loss,
)
from components.optimizer.forms.candidates import Candidate
from components.optimizer.params import OptimizeParams


@dataclass(frozen=True)
class Times:
    """The processor's time for one row and for a batch of rows, milliseconds."""

    single_ms: float
    batch_ms: float


@dataclass(frozen=True, eq=False)
class Reference:
    """The SavedModel on the sample.

    Attributes:
        labels: True class ids, int64 `[n]`.
        probabilities: Its answers, float32 `[n, C]`.
    """

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    @property
    def accuracy(self) -> float:
        """Share of the rows with the right label; 0 without rows."""
        return accuracy(self.probabilities, self.labels)


@dataclass(frozen=True)
class Verdict:
    """Whether a variant is kept, and one sentence that says why."""

    kept: bool
    reason: str


@dataclass(frozen=True)
class Measurement:
    """A variant beside the SavedModel, on the same rows.

    Attributes:
        rows: Rows compared.
        accuracy: Share of the rows with the right label.
        accuracy_ratio: The same over the SavedModel's accuracy; 1 if that is 0.
        agreement: Share of the rows with the SavedModel's label.
        max_difference: Largest difference of a probability.
        single_speedup: The SavedModel's time over the variant's, for one row; 0 is not measured.
        batch_speedup: The same for a batch.
        lost: Rows that the SavedModel has right and the variant has wrong.
        won: Rows that the variant has right and the SavedModel has wrong.
    """

    rows: int
    accuracy: float
    accuracy_ratio: float
    agreement: float
    max_difference: float
    single_speedup: float = 0.0
    batch_speedup: float = 0.0
    lost: int = 0
    won: int = 0

    @property
    def different(self) -> int:
        """Rows with another label than the SavedModel's."""
        return round(self.rows * (1 - self.agreement))

    @property
    def speedup(self) -> float:
        """The smaller of the two."""
        return min(self.single_speedup, self.batch_speedup)

    @property
    def mean_speedup(self) -> float:
        """The geometric mean of the two."""
        return math.sqrt(self.single_speedup * self.batch_speedup)

    def timed(self, own: Times, reference: Times) -> "Measurement":
        """Add the speed.

        Args:
            own: The variant's times.
            reference: The SavedModel's.

        Returns:
            The same with speed-ups.
        """
        return replace(
            self,
            single_speedup=reference.single_ms / own.single_ms if own.single_ms else 0.0,
            batch_speedup=reference.batch_ms / own.batch_ms if own.batch_ms else 0.0,
        )

    def is_as_good(self, params: OptimizeParams) -> bool:
        """Tell whether nothing but chance puts its answers out of the bounds."""
        return self.rows > 0 and not (self.loses(params) or self.differs(params))

    def loses(self, params: OptimizeParams) -> bool:
        """Tell whether it is less accurate than it may be, beyond chance."""
        if self.accuracy_ratio >= params.min_accuracy_ratio:
            return False
        allowed = self._allowed_loss(params)
        return chance_of_loss(self.rows, self.lost, self.won, allowed) < LEVEL

    def differs(self, params: OptimizeParams) -> bool:
        """Tell whether it agrees less often than it must, beyond chance."""
        if self.agreement >= params.min_agreement:
            return False
        return chance_of_difference(self.rows, self.different, 1 - params.min_agreement) < LEVEL

    def can_tell(self, params: OptimizeParams) -> bool:
        """Tell whether the rows are enough to notice a loss of accuracy."""
        return can_tell(self.rows, self._allowed_loss(params))

    def _allowed_loss(self, params: OptimizeParams) -> float:
        """Give the share of all rows whose right label may be lost."""
        reference = self.accuracy + (self.lost - self.won) / self.rows
        return (1 - params.min_accuracy_ratio) * reference


def accuracy(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Count the rows with the right label.

    Args:
        probabilities: Float32 `[n, C]`.
        labels: True class ids, int64 `[n]`; ids outside the classes are never right.

    Returns:
        Their share; 0 without rows.
    """
    return float(np.mean(probabilities.argmax(axis=1) == labels)) if len(labels) else 0.0


def judge_all(
    measured: Mapping[Candidate, Measurement], params: OptimizeParams
) -> dict[Candidate, Verdict]:
    """Decide which variants are kept, and in which order the server should prefer them.

    Integers must be faster than the same precision without them: otherwise their file is of no use
    on any CPU that they were verified for.

    Args:
        measured: What was measured.
        params: The bounds.

    Returns:
        The verdicts: first those that are kept, the fastest ahead.
    """
    verdicts = {variant: judge(found, params) for variant, found in measured.items()}
    for variant in [variant for variant in verdicts if variant.group_size]:
        rival = _faster_without_integers(variant, measured, verdicts)
        if verdicts[variant].kept and rival:
            reason = f"as good as the SavedModel, but {rival.name} is faster"
            verdicts[variant] = Verdict(False, reason)
    ranks = {name: (not verdicts[name].kept, -measured[name].mean_speedup) for name in verdicts}
    return {variant: verdicts[variant] for variant in sorted(verdicts, key=ranks.__getitem__)}


def judge(variant: Measurement, params: OptimizeParams) -> Verdict:
    """Decide whether a variant is good enough by itself.

    Args:
        variant: What was measured.
        params: The bounds.

    Returns:
        The verdict.
    """
    if variant.rows == 0:
        return Verdict(False, "the eval split has no rows to compare with")
    if variant.loses(params):
        figure, bound = _shares(variant.accuracy_ratio, params.min_accuracy_ratio)
        return Verdict(
            False,
            (
                f"its accuracy is {figure} of the SavedModel's; at least {bound} is required, "
                f"and chance does not explain it ({variant.rows:,} rows: {variant.lost} right "
                f"labels lost, {variant.won} won)"
            ),
        )
    if variant.differs(params):
        figure, bound = _shares(variant.agreement, params.min_agreement)
        return Verdict(
            False,
            (
                f"it agrees with the SavedModel on {figure} of the rows; at least {bound} is "
                f"required, and chance does not explain it ({variant.different} of "
                f"{variant.rows:,} rows)"
            ),
        )
    if variant.speedup < params.min_speedup:
        decimals = _decimals(variant.speedup, params.min_speedup, 2)
        return Verdict(
            False,
            (
                f"it is {variant.speedup:.{decimals}f} times as fast as the SavedModel; at "
                f"least {params.min_speedup:.{decimals}f} is required"
            ),
        )
    return Verdict(
        True,
        f"as good as the SavedModel, and {variant.speedup:.2f} times as fast"
        f"{_reserve(variant, params)}",
    )


def _reserve(variant: Measurement, params: OptimizeParams) -> str:
    """Say what the rows do not show of a variant that is good enough."""
    few = f"{variant.rows:,} row{' is' if variant.rows == 1 else 's are'} too few to tell"
    for found, lowest, what in (
        (variant.accuracy_ratio, params.min_accuracy_ratio, "of its accuracy"),
        (variant.agreement, params.min_agreement, "of its labels"),
    ):
        if found < lowest:
            figure, bound = _shares(found, lowest)
            return f" (within chance: {figure} {what}, and {few} that from {bound})"
    return "" if variant.can_tell(params) else f" ({few} more)"


def _shares(found: float, bound: float) -> tuple[str, str]:
    """Print two shares with the digits that tell them apart."""
    decimals = _decimals(found, bound, 4) - 2  # of a percentage
    return f"{found:.{decimals}%}", f"{bound:.{decimals}%}"


def _decimals(found: float, bound: float, at_least: int) -> int:
    return decimals_that_show(lambda one, other: one < other, found, bound, at_least=at_least)


def _faster_without_integers(
    variant: Candidate,
    measured: Mapping[Candidate, Measurement],
    verdicts: Mapping[Candidate, Verdict],
) -> Candidate | None:
    for rival, verdict in verdicts.items():
        if (
            verdict.kept
            and rival.group_size is None
            and rival.precision == variant.precision
            and measured[rival].mean_speedup >= measured[variant].mean_speedup
        ):
            return rival
    return None
