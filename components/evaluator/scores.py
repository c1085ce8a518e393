"""The scores of a slice's rows, kept for the area under the ROC curve.

Exact up to `MAX_EXACT` scores: beyond, memory would grow with the rows, and scores are rounded to
a relative 0.02 % of their distance from 0 or from 1, whichever is nearer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_EXACT = 2**21
"""Rows times classes of one slice: 8 MiB as float32. TFMA's jackknife holds about 21 times that."""

_DROPPED_BITS = 12  # of the 23 of a float32's mantissa
_HALF = int(np.array(0.5, np.float32).view(np.int32)) >> _DROPPED_BITS

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Keys = NDArray[Any]  # scores, or whole numbers in their order


@dataclass(frozen=True)
class _Ranking:
    """One class: the different scores in ascending order, with the rows of the class and others."""

    keys: Keys
    positives: Ints
    negatives: Ints

    @classmethod
    def of(cls, scores: Keys, positives: Ints, negatives: Ints) -> "_Ranking":
        """Sort scores, and add up the rows of equal ones."""
        keys, places = np.unique(scores, return_inverse=True)
        counts = [
            np.bincount(places, weights=rows, minlength=len(keys)).astype(np.int64)
            for rows in (positives, negatives)
        ]
        return cls(keys, *counts)

    def __add__(self, other: "_Ranking") -> "_Ranking":
        return _Ranking.of(
            np.concatenate([self.keys, other.keys]),
            np.concatenate([self.positives, other.positives]),
            np.concatenate([self.negatives, other.negatives]),
        )

    def auc(self) -> float:
        """Compare every row of the class with every other; a tie counts half."""
        positives, negatives = int(self.positives.sum()), int(self.negatives.sum())
        if not positives or not negatives:
            return float("nan")
        below = np.cumsum(self.negatives) - self.negatives / 2
        return float(self.positives @ below) / positives / negatives


@dataclass(frozen=True)
class Scores:
    """Rows and their scores; two of them can be added up, in any order.

    Attributes:
        num_classes: Number of classes, C.
        labels: True class ids of some rows at a time, int64 `[n]`; others than 0 to C - 1 belong
            to no class.
        probabilities: Their scores, floats `[n, C]`.
        rounded: Rows with rounded scores by class, in place of labels and probabilities.
    """

    num_classes: int
    labels: tuple[Ints, ...] = ()
    probabilities: tuple[Floats, ...] = ()
    rounded: tuple[_Ranking, ...] | None = None

    @property
    def is_exact(self) -> bool:
        """Tell whether the scores are those that were given."""
        return self.rounded is None

    def __add__(self, other: "Scores") -> "Scores":
        both = Scores(
            self.num_classes, self.labels + other.labels, self.probabilities + other.probabilities
        )
        size = sum(part.size for part in both.probabilities)
        if self.is_exact and other.is_exact and size <= MAX_EXACT:
            return both
        pairs = zip(self._rounded(), other._rounded(), strict=True)
        return Scores(self.num_classes, rounded=tuple(one + another for one, another in pairs))

    def auc(self) -> Floats:
        """Give the area under the ROC curve of each class against all other rows.

        Returns:
            By ranks, ties averaged, float64 `[C]`; NaN without rows of the class or of others.

        Source:
            Hanley and McNeil 1982, "The meaning and use of the area under a ROC curve".
        """
        rankings = self.rounded or self._rankings(rounded=False)
        return np.array([ranking.auc() for ranking in rankings])

    def _rounded(self) -> Sequence[_Ranking]:
        return self._rankings(rounded=True) if self.rounded is None else self.rounded

    def _rankings(self, *, rounded: bool) -> list[_Ranking]:
        labels = np.concatenate([np.zeros(0, np.int64), *self.labels])
        rankings = []
        for index in range(self.num_classes):
            scores = np.concatenate(
                [np.zeros(0, np.float32), *(p[:, index] for p in self.probabilities)]
            )
            mine = (labels == index).astype(np.int64)
            rankings.append(_Ranking.of(_keys(scores) if rounded else scores, mine, 1 - mine))
        return rankings


def _keys(scores: Floats) -> Ints:
    """Round scores to whole numbers in the same order."""
    # The bits of a positive float32 ascend as the number does; a score above a half is rounded by
    # its distance from 1, which float32 holds exactly.
    given = np.clip(scores, 0, 1).astype(np.float32)
    low = np.minimum(given, 1 - given).view(np.int32).astype(np.int64) >> _DROPPED_BITS
    keys: Ints = np.where(given > 0.5, 2 * _HALF - low, low)  # noqa: PLR2004 - a half
    return keys
