"""The contributions of each word, put together over rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_aas.explanations.explained import ExplainedRow
from bert_aas.explanations.intervals import Floats, half_widths

LEAST_ROWS = 2
"""A word in fewer rows has no interval."""


@dataclass(frozen=True)
class WordFigure:
    """What a word did over the rows that have it.

    Attributes:
        word: The word.
        rows: How many rows have it.
        mean: Mean of its contributions; a positive one speaks for the class.
        low: Lower end of the 95 % interval of the mean.
        high: Upper end.
        mean_abs: Mean of their absolutes.
    """

    word: str
    rows: int
    mean: float
    low: float
    high: float
    mean_abs: float


@dataclass(frozen=True, eq=False)
class WordSums:
    """Contributions by row and word; those of a word that comes twice in a row are added up.

    Attributes:
        vocabulary: The words.
        rows: How many rows there are.
        row: Row of each entry.
        word: Place of its word in the vocabulary.
        value: Its contribution.
    """

    vocabulary: tuple[str, ...]
    rows: int
    row: NDArray[np.int64]
    word: NDArray[np.int64]
    value: Floats

    @classmethod
    def of(cls, rows: Sequence[ExplainedRow]) -> "WordSums":
        """Add up the words of rows.

        Args:
            rows: The rows.

        Returns:
            The sums.
        """
        vocabulary = sorted({word for row in rows for word in row.words})
        places = {word: place for place, word in enumerate(vocabulary)}
        keys = [
            at * len(vocabulary) + places[word] for at, row in enumerate(rows) for word in row.words
        ]
        scores = [score for row in rows for score in row.scores]
        pairs, inverse = np.unique(np.array(keys, np.int64), return_inverse=True)
        values = np.array(scores, np.float64)
        sums = np.bincount(inverse.ravel(), values, len(pairs)).astype(np.float64)
        of_row, of_word = np.divmod(pairs, max(len(vocabulary), 1))
        return cls(tuple(vocabulary), len(rows), of_row, of_word, sums)

    def counts(self, chosen: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Count the rows of each word.

        Args:
            chosen: Which rows count, `[rows]`; default: all.

        Returns:
            A number for each word of the vocabulary.
        """
        word = self.word if chosen is None else self.word[chosen[self.row]]
        return np.bincount(word, minlength=len(self.vocabulary))

    def means(self, chosen: NDArray[np.bool_] | None = None, *, absolute: bool = False) -> Floats:
        """Take the mean of each word over the rows that have it.

        Args:
            chosen: Which rows count, `[rows]`; default: all.
            absolute: Whether the means are those of the absolutes.

        Returns:
            A mean for each word of the vocabulary; 0 for a word that no row has.
        """
        kept = slice(None) if chosen is None else chosen[self.row]
        value = np.abs(self.value[kept]) if absolute else self.value[kept]
        sums = np.bincount(self.word[kept], value, len(self.vocabulary))
        means: Floats = sums / np.maximum(self.counts(chosen), 1)
        return means

    def deviations(self) -> Floats:
        """Give the standard deviation of each word, with n - 1; 0 for one in a single row."""
        away = (self.value - self.means()[self.word]) ** 2
        sums = np.bincount(self.word, away, len(self.vocabulary))
        deviations: Floats = np.sqrt(sums / np.maximum(self.counts() - 1, 1))
        return deviations


def word_figures(sums: WordSums, min_rows: int) -> list[WordFigure]:
    """Give the figures of all words that enough rows have.

    Args:
        sums: The contributions.
        min_rows: A word of fewer rows is left out; at least 2.

    Returns:
        The words, the one with the largest mean of absolutes first.
    """
    counts, means = sums.counts(), sums.means()
    absolutes, deviations = sums.means(absolute=True), sums.deviations()
    places = np.flatnonzero(counts >= max(min_rows, LEAST_ROWS))
    halves = half_widths(deviations[places], counts[places].astype(np.float64))
    found = [
        WordFigure(
            word=sums.vocabulary[place],
            rows=int(counts[place]),
            mean=float(means[place]),
            low=float(means[place] - half),
            high=float(means[place] + half),
            mean_abs=float(absolutes[place]),
        )
        for place, half in zip(places, halves, strict=True)
    ]
    return sorted(found, key=lambda one: (-one.mean_abs, one.word))
