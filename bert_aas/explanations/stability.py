"""Would other rows have given the same words? Two random halves of the rows, compared."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from bert_aas.explanations.aggregating import LEAST_ROWS, WordSums
from bert_aas.explanations.explained import ExplainedRow

HALVINGS = 50
"""How often the rows are halved; figures are means over that."""

MOST_TOP_WORDS = 10
STABLE, FAIRLY_STABLE = 0.7, 0.4
_LEAST_WORDS = 5
_SEED = 7


@dataclass(frozen=True)
class Stability:
    """How alike two random halves of the rows are.

    Attributes:
        rank_correlation: Spearman's, of the signed means of words that both halves have often
            enough: 1 is the same order, 0 no relation; NaN where words are too few.
        overlap: Share of the top words of one half that are top words of the other one.
        chance: The same share if the order were random.
        top: How many top words that is.
        words: Words compared, on average.
    """

    rank_correlation: float
    overlap: float
    chance: float
    top: int
    words: float

    @property
    def verdict(self) -> str:
        """Say it in words."""
        if math.isnan(self.rank_correlation):
            return "too few rows to tell"
        if self.rank_correlation >= STABLE:
            return "stable"
        return "fairly stable" if self.rank_correlation >= FAIRLY_STABLE else "not stable"


def stability(rows: Sequence[ExplainedRow], min_rows: int) -> Stability:
    """Compare random halves of rows.

    Args:
        rows: Rows of one class.
        min_rows: As for `word_figures`; half of it is asked of each half.

    Returns:
        Means over 50 halvings, the same ones for the same rows.
    """
    sums, generator = WordSums.of(rows), np.random.default_rng(_SEED)
    least = max(math.ceil(min_rows / 2), LEAST_ROWS)
    found = [_compared(sums, least, generator.permutation(len(rows))) for _ in range(HALVINGS)]
    usable = [one for one in found if one is not None]
    if not usable:
        return Stability(math.nan, math.nan, math.nan, 0, 0.0)
    correlation, overlap, chance, top, words = np.mean(usable, axis=0)
    return Stability(float(correlation), float(overlap), float(chance), round(top), float(words))


def _compared(
    sums: WordSums, least: int, order: NDArray[np.int64]
) -> tuple[float, float, float, int, int] | None:
    """Compare one half with the other one."""
    first = np.zeros(sums.rows, bool)
    first[order[: sums.rows // 2]] = True
    common = np.flatnonzero((sums.counts(first) >= least) & (sums.counts(~first) >= least))
    if len(common) < _LEAST_WORDS:
        return None
    left, right = sums.means(first)[common], sums.means(~first)[common]
    if not left.std() or not right.std():  # all alike: there is no order
        return None
    top = max(1, min(MOST_TOP_WORDS, len(common) // 2))
    shared = _top(sums, first, common, top) & _top(sums, ~first, common, top)
    correlation = float(spearmanr(left, right).statistic)
    return correlation, len(shared) / top, top / len(common), top, len(common)


def _top(sums: WordSums, half: NDArray[np.bool_], common: NDArray[np.int64], top: int) -> set[int]:
    sizes = sums.means(half, absolute=True)[common]
    return set(np.argsort(-sizes, kind="stable")[:top].tolist())
