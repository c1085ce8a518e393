"""Groups of texts that share a band: those that are compared with each other."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.comparing.facts import Hashes, Places, mixed

_AT_A_TIME = 2**16
_HALF = np.uint64(32)

Numbers = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Groups:
    """Which texts are in which groups. A text is named by its rank: when it is looked at.

    Attributes:
        ranks: Of the texts that are in a group, ascending.
        ends: Where the groups of each of them end in `numbers`.
        numbers: Numbers of the groups, one text's after the other's.
        sizes: Texts of each group.
    """

    ranks: Numbers
    ends: npt.NDArray[np.int64]
    numbers: Numbers
    sizes: npt.NDArray[np.int64]

    @classmethod
    def by_bands(cls, bands: Iterable[Hashes], order: Places) -> "Groups":
        """Find the groups: 8 bytes for each text and group, and one band at a time, are in memory.

        Args:
            bands: For each band its hash of every text, uint64 `[n]`.
            order: Places of the texts to look at, in this order.

        Returns:
            Groups of two texts or more; of those with the same texts, one.
        """
        known = np.zeros(0, np.uint64)
        found, groups = [np.zeros(0, np.uint64)], 0
        for band in bands:
            ranks, starts = _repeated(band[order])
            names = np.add.reduceat(_name(ranks), starts) if len(starts) else known[:0]
            is_new = np.isin(names, known, invert=True)
            known = np.concatenate([known, names[is_new]])
            numbers = np.cumsum(is_new) - 1 + groups
            sizes = np.diff(starts, append=len(ranks))
            stays = np.repeat(is_new, sizes)
            found.append(ranks[stays] << _HALF | np.repeat(numbers, sizes)[stays].astype(np.uint64))
            groups += int(is_new.sum())
        pairs = np.concatenate(found)
        found.clear()
        return cls._of(pairs)

    @classmethod
    def _of(cls, pairs: Hashes) -> "Groups":
        """Take pairs of a rank (the upper half) and the number of a group; they change."""
        pairs.sort()
        numbers = pairs.astype(np.uint32)
        pairs >>= _HALF
        ranks = pairs.astype(np.uint32)
        ends = np.flatnonzero(ranks != np.append(ranks[1:], np.uint32(0))) + 1
        return cls(ranks[ends - 1], ends, numbers, np.bincount(numbers))


def _repeated(hashes: Hashes) -> tuple[Hashes, Places]:
    """Find what comes more than once.

    Returns:
        The ranks of these hashes, equal ones side by side and ascending; where each hash begins.
    """
    ordered = np.sort(hashes)
    again = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    ranks, numbers = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)]
    for start in range(0, len(hashes) if len(again) else 0, _AT_A_TIME):
        some = hashes[start : start + _AT_A_TIME]
        places = np.minimum(np.searchsorted(again, some), len(again) - 1)
        hits = np.flatnonzero(again[places] == some)
        ranks.append(hits + start)
        numbers.append(places[hits])
    which = np.concatenate(numbers)
    by_number = np.argsort(which, kind="stable")
    starts = np.flatnonzero(np.diff(which[by_number], prepend=-1))
    return np.concatenate(ranks)[by_number].astype(np.uint64), starts


def _name(ranks: Hashes) -> Hashes:
    """Give numbers whose sum names a set of texts."""
    return mixed(mixed(mixed(ranks + np.uint64(1))))
