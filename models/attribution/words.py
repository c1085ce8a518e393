"""Word pieces put together to words, and words left out of a row of tokens."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from models.attribution.attributed import Word
from models.attribution.token_model import TokenRow
from models.text.tokenizer import CLS, SEP

_CONTINUES = "##"


def merge_pieces(
    pieces: Sequence[str], scores: Iterable[float], segments: Iterable[int]
) -> tuple[Word, ...]:
    """Put word pieces together to words.

    Args:
        pieces: Word pieces; one that continues a word begins with `##`.
        scores: One per piece.
        segments: One per piece: 0 for the first text, 1 for its pair.

    Returns:
        The words with summed scores, without `[CLS]` and `[SEP]`.
    """
    figures, parts = list(scores), list(segments)
    return tuple(
        Word(
            pieces[first] + "".join(pieces[place].removeprefix(_CONTINUES) for place in rest),
            float(sum(figures[place] for place in (first, *rest))),
            int(parts[first]),
        )
        for first, *rest in word_places(pieces)
    )


def word_places(pieces: Sequence[str]) -> list[list[int]]:
    """Find the pieces of each word.

    Args:
        pieces: Word pieces; one that continues a word begins with `##`.

    Returns:
        Places of the pieces of each word, without `[CLS]` and `[SEP]`.
    """
    words: list[list[int]] = []
    inside = False
    for place, piece in enumerate(pieces):
        if piece in {CLS, SEP}:
            inside = False
        elif inside and piece.startswith(_CONTINUES) and piece != _CONTINUES:
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
