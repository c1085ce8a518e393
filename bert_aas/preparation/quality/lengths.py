"""How long texts are in tokens."""

import numpy as np
import numpy.typing as npt

from bert_aas.contracts.params import FrozenParams

_BINS = 24


class TokenLengths(FrozenParams):
    """Lengths of texts in tokens, special tokens counted.

    Attributes:
        mean: Mean.
        median: Median.
        p95: 95th percentile.
        p99: 99th percentile.
        longest: The longest text.
        limit: `transform.max_seq_length`, as it is without a configuration.
        over_limit: Rows beyond the limit, which are cut.
        edges: Lower ends of the bins of a histogram, and the upper end of the last one.
        counts: Rows in each bin.
    """

    mean: float
    median: float
    p95: float
    p99: float
    longest: int
    limit: int
    over_limit: int
    edges: tuple[int, ...]
    counts: tuple[int, ...]

    @classmethod
    def of(cls, lengths: npt.NDArray[np.int64], limit: int) -> "TokenLengths":
        """Sum lengths up.

        Args:
            lengths: Tokens of each text, int `[n]`, n > 0.
            limit: `transform.max_seq_length`.

        Returns:
            The figures.
        """
        median, p95, p99 = np.percentile(lengths, (50, 95, 99)).tolist()
        edges, counts = binned(lengths)
        return cls(
            mean=float(lengths.mean()),
            median=median,
            p95=p95,
            p99=p99,
            longest=int(lengths.max()),
            limit=limit,
            over_limit=int((lengths > limit).sum()),
            edges=edges,
            counts=counts,
        )


def binned(lengths: npt.NDArray[np.int64]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Put lengths into at most 24 bins of the same whole width, from the shortest to the longest.

    Args:
        lengths: Tokens of each text, int `[n]`, n > 0.

    Returns:
        Lower ends of the B bins and the upper end of the last one, `[B + 1]`; rows per bin, `[B]`.
    """
    shortest, longest = int(lengths.min()), int(lengths.max())
    width = -(-(longest - shortest + 1) // _BINS)
    edges = np.arange(shortest, longest + width + 1, width)
    counts, _ = np.histogram(lengths, edges)
    return tuple(edges.tolist()), tuple(counts.tolist())
