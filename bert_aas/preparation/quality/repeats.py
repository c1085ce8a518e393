"""Texts that stand in several rows, equal or nearly equal after cleaning."""

from array import array

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.comparing.near_duplicates import NearTexts, find_near_duplicates
from bert_aas.preparation.comparing.shingles import Shingler
from bert_aas.preparation.params import NearDuplicateRules
from bert_aas.preparation.rows import text_hash

NEAR_THRESHOLD = 0.8
"""Share of common runs of words from which on two texts are called nearly equal."""

MAX_COMPARED = 200_000
"""Different texts that are compared with each other: they are kept in memory."""

_AT_A_TIME = 1024

Places = npt.NDArray[np.int64]
"""Places of rows in the order in which they were added; 0 is the first."""


class RepeatedTexts:
    """Remembers 24 bytes of each row: hash of its text, number of its label, its own number.

    Of the first different texts it remembers the texts, too.
    """

    def __init__(self) -> None:
        """Start with no rows."""
        self._texts = array("Q")
        self._labels = array("l")
        self._numbers = array("q")
        self._known: dict[str, int] = {}
        self._files: list[tuple[int, str]] = []
        self._compared: dict[int, str] = {}
        self._seen: set[int] = set()

    def add(self, file: str, number: int, text: str, label: str) -> None:
        """Remember a row.

        Args:
            file: Name of its file; rows of one file come one after the other.
            number: Its number there.
            text: Its text after cleaning.
            label: Its label.
        """
        if not self._files or self._files[-1][1] != file:
            self._files.append((len(self._texts), file))
        found = int.from_bytes(text_hash((text,)), "little")
        if len(self._seen) < MAX_COMPARED and found not in self._seen:
            self._seen.add(found)
            self._compared[len(self._texts)] = text
        self._texts.append(found)
        self._labels.append(self._known.setdefault(label, len(self._known)))
        self._numbers.append(number)

    def name(self, place: int) -> str:
        """Name a row.

        Args:
            place: Its place.

        Returns:
            Its file and its number there.
        """
        file = next(name for start, name in reversed(self._files) if start <= place)
        return f"{file}:{self._numbers[place]}"

    def repeated(self) -> Places:
        """Give the rows whose text stands in an earlier row."""
        texts = np.array(self._texts, np.uint64)
        _, first = np.unique(texts, return_index=True)
        return np.setdiff1d(np.arange(len(texts)), first)

    def nearly_repeated(self) -> Places:
        """Give the rows with nearly the text of another one that stays, of those compared."""
        if not self._compared:
            return np.array([], np.int64)
        texts = [*self._compared.values()]
        shingler = Shingler(NearDuplicateRules().words)
        starts = range(0, len(texts), _AT_A_TIME)
        parts = [shingler(texts[start : start + _AT_A_TIME]) for start in starts]
        near = NearTexts.of(parts, NEAR_THRESHOLD)
        found = find_near_duplicates(near, np.arange(len(texts)), NEAR_THRESHOLD)
        return np.array([*self._compared], np.int64)[found]

    def conflicting(self) -> Places:
        """Give the rows whose text stands in another row with another label."""
        if not self._texts:
            return np.array([], np.int64)
        _, text = np.unique(np.array(self._texts, np.uint64), return_inverse=True)
        pairs = np.unique(np.stack([text.ravel(), np.array(self._labels)]), axis=1)
        labels_of_text = np.bincount(pairs[0])
        return np.flatnonzero(labels_of_text[text.ravel()] > 1)
