"""Count the tokens of the rows that Transform wrote."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.quality.lengths import binned
from components.tfrecords import read_tfrecords
from serving.runtime.protos import load_protos

MAX_LENGTH_ROWS = 50_000

_WORD_IDS = "input_word_ids"


@dataclass(frozen=True)
class LengthDistribution:
    """Lengths of the train split's rows in tokens, `[CLS]` and `[SEP]` counted.

    Attributes:
        edges: Lower ends of the bins and the upper end of the last one, `[B + 1]`.
        counts: Rows per bin, `[B]`.
        mean: Mean length.
        median: Median.
        p95: 95th percentile.
        longest: The longest row.
        limit: `max_seq_length`.
        at_limit: Share of rows that fill the limit and may have been cut.
        rows: Rows that were read.
    """

    edges: tuple[int, ...]
    counts: tuple[int, ...]
    mean: float
    median: float
    p95: float
    longest: int
    limit: int
    at_limit: float
    rows: int


def read_lengths(
    uri: str, limit: int, max_rows: int = MAX_LENGTH_ROWS
) -> LengthDistribution | None:
    """Count the tokens of the train split's rows.

    Args:
        uri: Folder of Transform's `transformed_examples`.
        limit: `max_seq_length`.
        max_rows: Rows to read at most.

    Returns:
        The distribution; `None` without rows.
    """
    # Not by TensorFlow, which takes seconds to import: the report of a cached run is due at once.
    example = load_protos().example_pb2.Example
    rows = itertools.islice(read_tfrecords(f"{uri}/Split-train", "*"), max_rows)
    features = (example.FromString(row).features.feature for row in rows)
    lengths = [len(found[_WORD_IDS].int64_list.value) for found in features]
    return summarize_lengths(np.array(lengths), limit) if lengths else None


def summarize_lengths(lengths: npt.NDArray[np.int64], limit: int) -> LengthDistribution:
    """Put lengths into bins.

    Args:
        lengths: Tokens per row, int `[n]`, n > 0.
        limit: `max_seq_length`.

    Returns:
        At most 24 bins of the same whole width, from the shortest row to the longest.
    """
    edges, counts = binned(lengths)
    return LengthDistribution(
        edges=edges,
        counts=counts,
        mean=float(lengths.mean()),
        median=float(np.median(lengths)),
        p95=float(np.percentile(lengths, 95)),
        longest=int(lengths.max()),
        limit=limit,
        at_limit=float((lengths >= limit).mean()),
        rows=len(lengths),
    )
