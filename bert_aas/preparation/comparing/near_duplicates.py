"""Nearly equal texts: candidates by MinHash, each verified with the runs of words themselves.

A text's *shingles* are its runs of some words, in lower case, as 64-bit hashes. Texts that share a
band of their MinHash signatures are candidates; the Jaccard similarity of their shingles decides.

Source:
    Broder 1997, On the resemblance and containment of documents; Leskovec, Rajaraman, Ullman,
    Mining of Massive Datasets, section 3.4 (banding).
"""

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.comparing.facts import Hashes, Places
from bert_aas.preparation.rows import text_hash

PERMUTATIONS = 128
_MISSED = 1e-4  # pairs at the threshold that share no band
_SEED = 1
_MOST_WORDS = 1_000_000  # some 100 MB
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


class _WordHashes(dict[str, int]):
    """Hashes of words; one that comes again is hashed once."""

    def __missing__(self, word: str) -> int:
        if len(self) > _MOST_WORDS:
            self.clear()
        found = self[word] = int.from_bytes(text_hash((word,)), "little")
        return found


class Shingler:
    """Makes shingles of many texts at a time."""

    def __init__(self, words: int) -> None:
        """Start without words.

        Args:
            words: How many words a shingle has.
        """
        self._size = words
        self._hashes = _WordHashes()

    def __call__(self, texts: Sequence[str]) -> Shingles:
        """Make the shingles of some texts.

        Args:
            texts: The texts.

        Returns:
            At least one for each: a text with too few words is one, as a whole.
        """
        words = [_WORDS.findall(text.lower()) or [text] for text in texts]
        counts = np.array([*map(len, words)], np.int64)
        flat = map(self._hashes.__getitem__, itertools.chain.from_iterable(words))
        hashes = np.fromiter(flat, np.uint64, int(counts.sum()))
        runs_of = np.maximum(counts - self._size + 1, 1)
        owner = np.repeat(np.arange(len(counts)), runs_of)
        ends = np.cumsum(counts)
        place_in_text = np.arange(len(owner)) - np.repeat(np.cumsum(runs_of) - runs_of, runs_of)
        places = np.repeat(ends - counts, runs_of) + place_in_text
        return _unique(owner, self._runs(hashes, places, ends[owner]), len(counts))

    def _runs(self, hashes: Hashes, places: Places, ends: npt.NDArray[np.int64]) -> Hashes:
        """Hash the run of words that begins at each place, up to the end of its text."""
        runs = np.zeros(len(places), np.uint64)
        for step in range(self._size):
            inside = places + step < ends
            runs[inside] = _mixed(runs[inside] ^ hashes[places[inside] + step])
        return runs


def _mixed(values: Hashes) -> Hashes:
    values = values * _FACTOR
    return values ^ values >> np.uint64(32)


def _unique(owner: Places, runs: Hashes, texts: int) -> Shingles:
    """Sort each text's shingles, and leave out repetitions."""
    order = np.lexsort((runs, owner))
    owner, runs = owner[order], runs[order]
    is_new = np.ones(len(runs), bool)
    is_new[1:] = (runs[1:] != runs[:-1]) | (owner[1:] != owner[:-1])
    return Shingles(runs[is_new], np.cumsum(np.bincount(owner[is_new], minlength=texts)))


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
        bands = _mixed(bands ^ signatures[place:used:size])
    return bands


def jaccard(mine: Hashes, others: Sequence[Hashes]) -> npt.NDArray[np.float64]:
    """Return the share of shingles that a text has in common with each of others.

    Args:
        mine: Of the text, ascending.
        others: Of the others.

    Returns:
        0 to 1 for each.
    """
    sizes = np.array([*map(len, others)])
    joined = np.concatenate(others)
    places = np.minimum(np.searchsorted(mine, joined), len(mine) - 1)
    is_common = (mine[places] == joined).astype(np.int64)
    common = np.add.reduceat(is_common, np.cumsum(sizes) - sizes)
    similarities: npt.NDArray[np.float64] = common / (len(mine) + sizes - common)
    return similarities


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
        if _is_near(shingles(place), map(shingles, others), threshold):
            dropped.append(place)
        else:
            for key in shared:
                staying[key].append(place)
    return np.array(dropped, np.intp)


def _is_near(mine: Hashes, others: Iterable[Hashes], threshold: float) -> bool:
    """Compare a text with those whose number of shingles does not rule it out."""
    low, high = len(mine) * threshold, len(mine) / threshold
    possible = [other for other in others if low <= len(other) <= high]
    return bool(possible) and bool((jaccard(mine, possible) >= threshold).any())


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
