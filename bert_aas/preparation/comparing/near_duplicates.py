"""Nearly equal texts: candidates by MinHash, each verified with the runs of words themselves.

Texts that share a band of their MinHash signatures are candidates; the Jaccard similarity of their
shingles decides.

Source:
    Broder 1997, On the resemblance and containment of documents.
"""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.comparing.bands import band_hashes
from bert_aas.preparation.comparing.facts import Hashes, Places
from bert_aas.preparation.comparing.groups import Groups
from bert_aas.preparation.comparing.shingles import Shingles


@dataclass(frozen=True)
class NearTexts:
    """What nearly equal texts are found with.

    Attributes:
        bands: For each band its hash of every text, uint64 `[n]` each; read one at a time.
        sizes: How many shingles each text has, `[n]`.
        shingles: Gives the shingles of the text at a place, ascending.
    """

    bands: Iterable[Hashes]
    sizes: npt.NDArray[np.int32]
    shingles: Callable[[int], Hashes]

    @classmethod
    def of(cls, parts: Sequence[Shingles], threshold: float) -> "NearTexts":
        """Take texts whose shingles are in memory.

        Args:
            parts: Their shingles; a text's signature takes 1 KiB while those of a part are made.
            threshold: The Jaccard similarity that must be found.

        Returns:
            What they are found with.
        """
        bands = np.concatenate([band_hashes(part, threshold) for part in parts], axis=1)
        shingles = Shingles.joined(parts)
        sizes = np.diff(shingles.ends, prepend=0).astype(np.int32)
        return cls(bands, sizes, shingles.of)


def find_near_duplicates(near: NearTexts, order: Places, threshold: float) -> Places:
    """Find the texts that are nearly equal to one that stays.

    Texts are looked at one after the other; each is compared with those that stay and share a band
    with it. So no two that stay are nearly equal, but for what no band finds.

    Args:
        near: The texts.
        order: Places of the texts to look at, in this order; equal texts count once.
        threshold: Jaccard similarity from which on two texts are nearly equal.

    Returns:
        Places of those that do not stay.
    """
    groups = Groups.by_bands(near.bands, order)
    staying = _Staying(groups.sizes)
    dropped, start = [], 0
    for rank, end in zip(groups.ranks.data, groups.ends.data, strict=True):
        mine = groups.numbers[start:end].tolist()
        start = end
        others = order[staying.of(mine)]
        if len(others) and _is_near(near, int(order[rank]), others, threshold):
            dropped.append(order[rank])
        else:
            staying.add(rank, mine)
    return np.array(dropped, np.intp)


class _Staying:
    """The texts that stay so far, by group: 4 bytes for each text and group."""

    def __init__(self, sizes: npt.NDArray[np.int64]) -> None:
        """Make room.

        Args:
            sizes: How many texts each group has.
        """
        self._starts = array("Q", (np.cumsum(sizes) - sizes).astype(np.uint64).tobytes())
        self._counts = array("I", bytes(4 * len(sizes)))
        self._ranks = array("I", bytes(4 * int(sizes.sum())))

    def of(self, groups: Iterable[int]) -> Places:
        """Give the texts of some groups, each once."""
        found: set[int] = set()
        for group in groups:
            count = self._counts[group]
            if count:
                start = self._starts[group]
                found.update(self._ranks[start : start + count])
        return np.fromiter(found, np.intp, len(found))

    def add(self, rank: int, groups: Iterable[int]) -> None:
        """Let a text stay in its groups."""
        for group in groups:
            self._ranks[self._starts[group] + self._counts[group]] = rank
            self._counts[group] += 1


def _is_near(near: NearTexts, place: int, others: Places, threshold: float) -> bool:
    """Compare a text with those whose number of shingles does not rule it out."""
    size, sizes = int(near.sizes[place]), near.sizes[others]
    possible = others[(sizes >= size * threshold) & (sizes <= size / threshold)].tolist()
    if not possible:
        return False
    similarities = jaccard(near.shingles(place), [*map(near.shingles, possible)])
    return bool((similarities >= threshold).any())


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
