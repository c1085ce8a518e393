"""Bands of MinHash signatures: texts that share one may be nearly equal.

Source:
    Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4 (banding).
"""

import itertools

import numpy as np

from bert_aas.preparation.comparing.facts import Hashes, mixed
from bert_aas.preparation.comparing.shingles import Shingles

PERMUTATIONS = 128
_MISSED = 1e-4  # pairs at the threshold that share no band
_SEED = 1


def rows_per_band(threshold: float) -> int:
    """Choose how many numbers of a signature make a band: as many as find what they must.

    Args:
        threshold: The Jaccard similarity that must be found.

    Returns:
        At least 1; of pairs at the threshold, 1 in 10,000 is missed at most.
    """
    sizes = (size for size in range(32, 1, -1) if _missed(threshold, size) <= _MISSED)
    return next(sizes, 1)


def _missed(threshold: float, size: int) -> float:
    return float((1 - threshold**size) ** (PERMUTATIONS // size))


def band_hashes(shingles: Shingles, threshold: float) -> Hashes:
    """Hash the bands of each text's MinHash signature.

    Args:
        shingles: Of the texts.
        threshold: The Jaccard similarity that must be found.

    Returns:
        uint64 `[bands, n]`.
    """
    import rensa  # noqa: PLC0415 - where nearly equal texts are looked for, only

    offsets = np.concatenate([[0], shingles.ends]).astype(np.uint64)
    digests = rensa.RMinHash.digest_matrix_from_flat_token_hashes(
        shingles.values, offsets, PERMUTATIONS, _SEED
    )
    numbers = itertools.chain.from_iterable(digests.to_rows())
    count = PERMUTATIONS * len(shingles.ends)
    signatures = np.fromiter(numbers, np.uint64, count).reshape(-1, PERMUTATIONS).T
    size = rows_per_band(threshold)
    used = PERMUTATIONS // size * size
    bands = np.zeros((used // size, len(shingles.ends)), np.uint64)
    for place in range(size):
        bands = mixed(bands ^ signatures[place:used:size])
    return bands
