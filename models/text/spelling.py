"""How the pieces of a vocabulary spell words: which belong together, and what they say."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Protocol

from models.text.byte_level import bpe
from models.text.byte_level.byte_characters import to_bytes
from models.text.byte_level.letters import kind_of

_CONTINUES = "##"
_REPLACED = "\N{REPLACEMENT CHARACTER}"


class Spelling(Protocol):
    """What explanations and reports ask of a vocabulary."""

    @property
    def marks(self) -> frozenset[str]:
        """Give the special tokens around texts, of which no word consists."""

    @property
    def blanks(self) -> tuple[str, ...]:
        """Give the blank word, best first: see `models.attribution.attribution`."""

    def continues(self, before: str, piece: str) -> bool:
        """Tell whether a piece continues the word of the one before it."""

    def text(self, pieces: Sequence[str]) -> str:
        """Spell the word of some pieces."""

    def probe(self, piece: str) -> str:
        """Give a text that is likely to become this piece."""

    def segments(self, pieces: Sequence[str], type_ids: Iterable[int]) -> list[int]:
        """Tell of each piece of a row whether it is of the first text (0) or its pair (1)."""


class WordPieceSpelling:
    """BERT's: `##` begins a piece that continues a word."""

    marks = frozenset({"[CLS]", "[SEP]"})
    blanks = ("[MASK]", "[PAD]", "[UNK]")

    def continues(self, before: str, piece: str) -> bool:
        """Tell whether a piece continues the word of the one before it."""
        del before
        return piece.startswith(_CONTINUES) and piece != _CONTINUES

    def text(self, pieces: Sequence[str]) -> str:
        """Spell the word of some pieces."""
        first, *rest = pieces
        return first + "".join(piece.removeprefix(_CONTINUES) for piece in rest)

    def probe(self, piece: str) -> str:
        """Give a text that is likely to become this piece."""
        return piece.removeprefix(_CONTINUES)

    def segments(self, pieces: Sequence[str], type_ids: Iterable[int]) -> list[int]:
        """Tell of each piece of a row whether it is of the first text (0) or its pair (1)."""
        del pieces
        return [int(number) for number in type_ids]


class ByteLevelSpelling:
    """RoBERTa's: white space begins a word, and so does a letter after a mark or a number."""

    marks = frozenset({bpe.START, bpe.END})
    blanks = (bpe.MASK, bpe.PAD, bpe.UNK, bpe.END)

    def continues(self, before: str, piece: str) -> bool:
        """Tell whether a piece continues the word of the one before it."""
        if before in bpe.SPECIAL or piece in bpe.SPECIAL:
            return False
        first, last = _decoded(piece)[0], _decoded(before)[-1]
        if _REPLACED in {first, last}:  # a character that is cut in two
            return True
        kind = kind_of(first)
        if last == " ":  # the blank belongs to what follows
            return kind != "white_space"
        return kind != "white_space" and kind == kind_of(last)

    def text(self, pieces: Sequence[str]) -> str:
        """Spell the word of some pieces, without the white space before it."""
        if pieces[0] in bpe.SPECIAL:
            return "".join(pieces)
        spelt = _decoded("".join(pieces))
        return spelt.strip() or spelt

    def probe(self, piece: str) -> str:
        """Give a text that is likely to become this piece."""
        return piece if piece in bpe.SPECIAL else _decoded(piece)

    def segments(self, pieces: Sequence[str], type_ids: Iterable[int]) -> list[int]:
        """Tell of each piece of a row whether it is of the first text (0) or its pair (1)."""
        del type_ids  # RoBERTa has one type; between the texts stand two end tokens
        ends = accumulate(piece == bpe.END for piece in pieces)
        return [int(count > (piece == bpe.END)) for piece, count in zip(pieces, ends, strict=True)]


def _decoded(piece: str) -> str:
    return to_bytes(piece).decode(errors="replace")
