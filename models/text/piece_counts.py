"""Count the word pieces of texts without TensorFlow: an estimate of how long rows will be.

Where a second matters more than the last piece; what trains and serves uses `tokenizer`.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

_MAX_WORD_CHARACTERS = 100
_KNOWN_WORDS = 2**17
_CHINESE = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_CHINESE}]|[^\W_{_CHINESE}]+|[^\w\s]|_")
_ACCENT = "Mn"


class PieceCounter:
    """Counts the pieces of texts by the rules of a lower-casing BERT.

    Source:
        Devlin et al. 2019; Wu et al. 2016, arXiv:1609.08144 (word pieces).

    Example:
        >>> PieceCounter(["[CLS]", "[SEP]", "[UNK]", "soft", "##er", "!"]).count("Softer!")
        3
    """

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """Prepare the look-up.

        Args:
            vocabulary: Word pieces; `##` begins one that continues a word.
        """
        self._pieces = frozenset(vocabulary)
        self._of_word = lru_cache(_KNOWN_WORDS)(self._count)

    def count(self, text: str) -> int:
        """Count the pieces of a text.

        Args:
            text: A text.

        Returns:
            Word pieces without special tokens.
        """
        return sum(map(self._of_word, _WORDS.findall(_plain(text))))

    def _count(self, word: str) -> int:
        """Take the longest piece from the left, again and again; an unknown word is one piece."""
        if len(word) > _MAX_WORD_CHARACTERS:
            return 1
        start, pieces = 0, 0
        while start < len(word):
            mark = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if mark + word[start:end] in self._pieces), None)
            if end is None:
                return 1
            start, pieces = end, pieces + 1
        return pieces


def read_pieces(path: Path) -> list[str]:
    """Read a vocabulary.

    Args:
        path: A file with one word piece per line.

    Returns:
        The pieces.
    """
    return path.read_text(encoding="utf-8").split("\n")


def _plain(text: str) -> str:
    """Write a text in lower case without accents."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFD", text.lower())
    return "".join(part for part in parts if unicodedata.category(part) != _ACCENT)
