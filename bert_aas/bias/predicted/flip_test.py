"""The flip test (FT): would a row of facet d get another prediction among rows of facet a?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Vectors = Floats | Doubles
Ints = NDArray[np.int64]

NEIGHBOURS = 5
FEWEST_ROWS = 10
"""With fewer rows of facet a, the nearest one alone decides."""

_CELLS_AT_A_TIME = 2**22  # distances in memory: 32 MiB


@dataclass(frozen=True)
class Flips:
    """Rows of facet d whose nearest rows of facet a are predicted otherwise.

    Attributes:
        favoured: Predicted positive, and their neighbours negative.
        harmed: Predicted negative, and their neighbours positive.
        rows: All rows of facet d.
    """

    favoured: int
    harmed: int
    rows: int

    @property
    def value(self) -> float:
        """The metric, from -1 to 1; below 0: more rows of facet d are harmed than favoured."""
        return (self.favoured - self.harmed) / self.rows


def nearest(vectors_a: Vectors, vectors_d: Vectors) -> Ints:
    """Find the rows of facet a that are nearest to each row of facet d.

    Args:
        vectors_a: Of facet a, `[rows, width]`, at least one row.
        vectors_d: Of facet d, `[rows, width]`.

    Returns:
        Places in facet a, `[rows of d, 5]`, or `[rows of d, 1]` if facet a has fewer than 10 rows.
        Distances are Euclidean; of equally near rows any may be taken.
    """
    number = NEIGHBOURS if len(vectors_a) >= FEWEST_ROWS else 1
    step = max(1, _CELLS_AT_A_TIME // len(vectors_a))
    middle = vectors_a.mean(axis=0, dtype=np.float64)  # large numbers would swallow differences
    a, d = vectors_a - middle, vectors_d - middle
    parts = [_nearest(a, d[start : start + step], number) for start in range(0, len(d), step)]
    return np.concatenate(parts) if parts else np.zeros((0, number), np.int64)


def flips(positive_a: NDArray[np.bool_], positive_d: NDArray[np.bool_], places: Ints) -> Flips:
    """Compare the predictions of facet d with those of the nearest rows of facet a.

    Args:
        positive_a: Whether each row of facet a is predicted positive.
        positive_d: The same of facet d, at least one row.
        places: As found by `nearest`.

    Returns:
        The rows that differ; the majority of the neighbours counts.

    Source:
        Black, Yeom and Fredrikson 2020, "FlipTest", arXiv:1906.09218, with neighbours in place of
        optimal transport as SageMaker Clarify has it. The sign is that of Clarify's code, which is
        the opposite of the one in its guide.
    """
    expected = positive_a[places].mean(axis=1) > 0.5  # noqa: PLR2004 (an odd number of neighbours)
    favoured = int((positive_d & ~expected).sum())
    harmed = int((~positive_d & expected).sum())
    return Flips(favoured, harmed, len(positive_d))


def _nearest(vectors_a: Doubles, vectors_d: Doubles, number: int) -> Ints:
    # |d - a|² less |d|², which is the same for all rows of facet a.
    distances = (vectors_a**2).sum(axis=1) - 2 * vectors_d @ vectors_a.T
    found: Ints = np.argpartition(distances, number - 1, axis=1)[:, :number]
    return found
