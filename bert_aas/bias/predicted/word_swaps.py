"""Swap words in a text; needs the standard library alone, as configurations are checked with it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bert_aas.contracts.errors import InvalidInputError

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Swapped:
    """A text whose words were swapped.

    Attributes:
        text: The new text.
        pairs: Places of the pairs that had a word in it.
        forward: Those of which only first words were there.
        backward: Those of which only second words were there.
    """

    text: str
    pairs: frozenset[int]
    forward: frozenset[int]
    backward: frozenset[int]


class WordSwapper:
    """Replaces each word of some pairs by the other one, all at once.

    Upper and lower case of the text are kept. A word of several pairs is that of the first one:
    with *he, she*, *his, her* and *him, her*, "her" becomes "his".

    Example:
        >>> WordSwapper([("he", "she"), ("his", "her")]).swap("He likes his shirt.").text
        'She likes her shirt.'
    """

    def __init__(self, pairs: Pairs) -> None:
        """Learn the words.

        Args:
            pairs: Words or phrases.

        Raises:
            InvalidInputError: If a word is empty, or a pair is twice the same word.
        """
        self._others: dict[str, tuple[str, int, bool]] = {}
        for place, pair in enumerate(pairs):
            one, other = (word.strip() for word in pair)
            if not one or not other or one.lower() == other.lower():
                raise InvalidInputError(
                    f"the words {pair[0]!r} and {pair[1]!r} cannot be swapped; give two different "
                    "ones"
                )
            self._others.setdefault(one.lower(), (other, place, True))
            self._others.setdefault(other.lower(), (one, place, False))
        longest_first = sorted(self._others, key=len, reverse=True)
        words = "|".join(re.escape(word) for word in longest_first)
        self._found = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if words else None

    def swap(self, text: str) -> Swapped | None:
        """Swap the words of a text.

        Args:
            text: The text.

        Returns:
            The new text; `None` if no word is there.
        """
        directions: set[tuple[int, bool]] = set()

        def other(found: re.Match[str]) -> str:
            word = found.group()
            entry = self._others.get(word.lower())
            if entry is None:  # a letter whose lower case is written with two
                return word
            counterpart, place, is_first = entry
            directions.add((place, is_first))
            return _like(word, counterpart)

        swapped = self._found.sub(other, text) if self._found else text
        if not directions:
            return None
        pairs = frozenset(place for place, _ in directions)
        first, second = (
            frozenset(place for place, is_first in directions if is_first is side)
            for side in (True, False)
        )
        return Swapped(swapped, pairs, first - second, second - first)


def _like(word: str, other: str) -> str:
    """Write a word as another one is written."""
    if word.isupper() and len(word) > 1:
        return other.upper()
    if word[:1].isupper():
        return other[:1].upper() + other[1:]
    return other.lower() if word.islower() else other
