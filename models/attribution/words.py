"""Word pieces put together to words, and words left out of a row of tokens."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from models.attribution.attributed import Word
from models.attribution.token_model import TokenRow
from models.text.spelling import Spelling


def merge_pieces(
    pieces: Sequence[str], scores: Iterable[float], segments: Iterable[int], spelling: Spelling
) -> tuple[Word, ...]:
    """Put word pieces together to words.

    Args:
        pieces: The pieces of a row.
        scores: One per piece.
        segments: One per piece: 0 for the first text, 1 for its pair.
        spelling: How pieces spell words.

    Returns:
        The words with summed scores, without the special tokens around texts.
    """
    figures, parts = list(scores), list(segments)
    return tuple(
        Word(
            spelling.text([pieces[place] for place in places]),
            float(sum(figures[place] for place in places)),
            int(parts[places[0]]),
        )
        for places in word_places(pieces, spelling)
    )


def word_places(pieces: Sequence[str], spelling: Spelling) -> list[list[int]]:
    """Find the pieces of each word.

    Args:
        pieces: The pieces of a row.
        spelling: How pieces spell words.

    Returns:
        Places of the pieces of each word, without the special tokens around texts.
    """
    words: list[list[int]] = []
    inside = False
    for place, piece in enumerate(pieces):
        if piece in spelling.marks:
            inside = False
        elif inside and spelling.continues(pieces[place - 1], piece):
            words[-1].append(place)
        else:
            words.append([place])
            inside = True
    return words


def without_words(
    row: TokenRow, places: Sequence[Sequence[int]], left_out: Collection[int]
) -> TokenRow:
    """Leave words out of a row: the text gets shorter.

    Args:
        row: The tokens.
        places: The pieces of each word, as `word_places` finds them.
        left_out: Which words, by their place among the words.

    Returns:
        The other tokens.
    """
    gone = [place for word in left_out for place in places[word]]
    return TokenRow(np.delete(row.word_ids, gone), np.delete(row.type_ids, gone))
