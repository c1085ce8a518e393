"""Nearly equal texts: candidates by MinHash, each verified with the runs of words themselves.

A text's *shingles* are its runs of some words, in lower case, as 64-bit hashes. Texts that share a
band of their MinHash signatures are candidates; the Jaccard similarity of their shingles decides.

Source:
    Broder 1997, On the resemblance and containment of documents; Leskovec, Rajaraman, Ullman,
    Mining of Massive Datasets, section 3.4 (banding).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.comparing.facts import Hashes, Places
from bert_aas.preparation.rows import text_hash

PERMUTATIONS = 128
_MISSED = 1e-4  # pairs at the threshold that share no band
_SEED = 1
_WORDS = re.compile(r"\w+")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, Knuth's multiplier

Flags = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Shingles:
    """The shingles of some texts, each text's sorted and without repetitions.

    Attributes:
        values: All of them, one text's after the other's, uint64.
        ends: Where each text's end, int64 `[n]`.
    """

    values: Hashes
    ends: npt.NDArray[np.int64]

    def of(self, place: int) -> Hashes:
        """Return the shingles of one text.

        Args:
            place: Its place.

        Returns:
            uint64, ascending.
        """
        start = int(self.ends[place - 1]) if place else 0
        return self.values[start : int(self.ends[place])]


class Shingler:
    """Makes shingles; words that come again are hashed once."""

    def __init__(self, words: int) -> None:
        """Start without words.

        Args:
            words: How many words a shingle has.
        """
        self._size = words
        self._known: dict[str, int] = {}

    def __call__(self, texts: Sequence[str]) -> Shingles:
        """Make the shingles of some texts.

        Args:
            texts: The texts.

        Returns:
            At least one for each: a text with too few words is one, as a whole.
        """
        found = [np.unique(self._of(text)) for text in texts]
        ends = np.cumsum([len(each) for each in found], dtype=np.int64)
        return Shingles(np.concatenate([*found, np.zeros(0, np.uint64)]), ends)

    def _of(self, text: str) -> Hashes:
        words = _WORDS.findall(text.lower()) or [text]
        hashes = np.array([self._hash(word) for word in words], np.uint64)
        count = max(1, len(hashes) - self._size + 1)
        runs = np.zeros(count, np.uint64)
        for place in range(min(self._size, len(hashes))):
            runs = (runs ^ hashes[place : place + count]) * _FACTOR
            runs ^= runs >> np.uint64(32)
        return runs

    def _hash(self, word: str) -> int:
        if word not in self._known:
            if len(self._known) > 1_000_000:  # noqa: PLR2004 - some 100 MB
                self._known.clear()
            self._known[word] = int.from_bytes(text_hash((word,)), "little")
        return self._known[word]


def rows_per_band(threshold: float) -> int:
    """Choose how many numbers of a signature make a band: as many as find what they must.

    Args:
        threshold: The Jaccard similarity that must be found.

    Returns:
        A divisor of `PERMUTATIONS`; of pairs at the threshold, 1 in 10,000 is missed at most.
    """
    sizes = (size for size in (32, 16, 8, 4, 2) if _missed(threshold, size) <= _MISSED)
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
    signatures = np.array(digests.to_rows(), np.uint64).reshape(-1, PERMUTATIONS)
    size = rows_per_band(threshold)
    bands = np.zeros((PERMUTATIONS // size, len(signatures)), np.uint64)
    for place in range(size):
        bands = (bands ^ signatures[:, place::size].T) * _FACTOR
        bands ^= bands >> np.uint64(32)
    return bands


def jaccard(one: Hashes, other: Hashes) -> float:
    """Return the share of shingles that two texts have in common.

    Args:
        one: Of one text.
        other: Of the other one.

    Returns:
        0 to 1.
    """
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)


def find_near_duplicates(
    bands: Sequence[Hashes] | Hashes,
    order: Places,
    shingles: Callable[[int], Hashes],
    threshold: float,
) -> Places:
    """Find the texts that are nearly equal to one that stays.

    Texts are looked at one after the other; each is compared with those that stay and share a band
    with it. So no two that stay are nearly equal, but for what no band finds.

    Args:
        bands: For each band its hash of every text, uint64 `[n]` each; read one at a time.
        order: Places of the texts to look at, in this order; equal texts count once.
        shingles: Gives a text's shingles.
        threshold: Jaccard similarity from which on two texts are nearly equal.

    Returns:
        Places of those that do not stay.
    """
    candidates, keys = _candidates(bands, order)
    staying: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    dropped = []
    for place, row in zip(candidates.tolist(), keys, strict=True):
        shared = [(int(number), int(row[number])) for number in np.flatnonzero(row)]
        others = {other for key in shared for other in staying.get(key, ())}
        mine = shingles(place)
        if any(jaccard(mine, shingles(other)) >= threshold for other in others):
            dropped.append(place)
        else:
            for key in shared:
                staying[key].append(place)
    return np.array(dropped, np.intp)


def _candidates(bands: Sequence[Hashes] | Hashes, order: Places) -> tuple[Places, Keys]:
    """Leave out the texts that share no band with another one.

    Returns:
        The others, and for each and each band the number of the texts that share it, 0 if none do.
    """
    shares: Flags = np.zeros(len(order), bool)
    for band in bands:
        shares |= _shared(band[order]) > 0
    candidates = order[shares]
    keys = [_shared(band[candidates]) for band in bands]
    return candidates, np.stack(keys, axis=1) if keys else np.zeros((0, 0), np.uint32)


def _shared(band: Hashes) -> Keys:
    """Number the hashes that come more than once from 1 on; 0 for the others."""
    _, number_of, counts = np.unique(band, return_inverse=True, return_counts=True)
    numbers: Keys = np.where(counts[number_of] > 1, number_of + 1, 0).astype(np.uint32)
    return numbers
