"""Shingles: the runs of words of a text, as hashes.

Source:
    Broder 1997, On the resemblance and containment of documents.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.comparing.facts import Hashes, Places, mixed
from bert_aas.preparation.rows import text_hash

_MOST_WORDS = 1_000_000  # some 100 MB
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Shingles:
    """The shingles of some texts, each text's sorted and without repetitions.

    Attributes:
        values: All of them, one text's after the other's, uint64.
        ends: Where each text's end, int64 `[n]`.
    """

    values: Hashes
    ends: npt.NDArray[np.int64]

    @classmethod
    def joined(cls, parts: Sequence["Shingles"]) -> "Shingles":
        """Put those of several parts one after the other.

        Args:
            parts: At least one.

        Returns:
            The shingles of all texts.
        """
        before = np.cumsum([0, *(len(part.values) for part in parts)])
        ends = [part.ends + start for part, start in zip(parts, before[:-1], strict=True)]
        return cls(np.concatenate([part.values for part in parts]), np.concatenate(ends))

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
            runs[inside] = mixed(runs[inside] ^ hashes[places[inside] + step])
        return runs


def _unique(owner: Places, runs: Hashes, texts: int) -> Shingles:
    """Sort each text's shingles, and leave out repetitions."""
    order = np.lexsort((runs, owner))
    owner, runs = owner[order], runs[order]
    is_new = np.ones(len(runs), bool)
    is_new[1:] = (runs[1:] != runs[:-1]) | (owner[1:] != owner[:-1])
    return Shingles(runs[is_new], np.cumsum(np.bincount(owner[is_new], minlength=texts)))
