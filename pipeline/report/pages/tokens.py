"""Texts as the word pieces that an encoder reads, with their ids and what is cut off."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.report.pages.fragment import Fragment, render_template

if TYPE_CHECKING:
    from models.text.packing import TokenIds
    from models.text.vocabulary import Vocabulary

_TEMPLATE = "pages/tokens.html.j2"
_NO_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Token:
    """A word piece.

    Attributes:
        piece: Its spelling in the vocabulary; `##` begins one that continues a word, and in a
            byte-level one `Ġ` stands for a blank.
        id: Its place there.
        kind: `special`, `piece`, or `cut` for one that the encoder does not get.
    """

    piece: str
    id: int
    kind: str


@dataclass(frozen=True)
class TokenizedText:
    """A text, or a pair of them, in word pieces.

    Attributes:
        tokens: All of them, those that are cut too.
        kept: How many the encoder gets, special tokens counted.
        cut: How many it does not get.
    """

    tokens: tuple[Token, ...]
    kept: int
    cut: int


def tokens_chart(
    texts: Sequence[str],
    vocab_path: Path | str,
    do_lower_case: bool,
    max_seq_length: int,
    text_pairs: Sequence[str] | None = None,
) -> Fragment:
    """Draw texts as chips, one per word piece.

    Args:
        texts: The texts.
        vocab_path: The encoder's vocabulary.
        do_lower_case: Whether its texts are lower-cased.
        max_seq_length: Tokens per row, special tokens counted.
        text_pairs: The second texts, one for each.

    Returns:
        One card per text.
    """
    from models.text.vocabulary import read_vocabulary

    vocabulary = read_vocabulary(vocab_path)
    rows = tokenize_texts(texts, vocabulary, do_lower_case, max_seq_length, text_pairs)
    title = "What the encoder reads"
    return render_template(_TEMPLATE, title, heading=title, rows=rows, limit=max_seq_length)


def tokenize_texts(
    texts: Sequence[str],
    vocabulary: "Vocabulary",
    do_lower_case: bool,
    max_seq_length: int,
    text_pairs: Sequence[str] | None = None,
) -> list[TokenizedText]:
    """Split texts into pieces, as the pipeline does.

    Args:
        texts: The texts, n.
        vocabulary: The encoder's pieces.
        do_lower_case: Whether texts are lower-cased.
        max_seq_length: Tokens per row, special tokens counted.
        text_pairs: The second texts, n.

    Returns:
        n tokenized texts.
    """
    import tensorflow as tf

    columns = [tf.constant(list(column), tf.string) for column in (texts, text_pairs) if column]
    if not columns:
        return []
    whole, read = (
        vocabulary.tokenizer(do_lower_case, limit).tokenize(*columns)
        for limit in (_NO_LIMIT, max_seq_length)
    )
    marks = vocabulary.spelling.marks
    rows = zip(_rows(whole, vocabulary), _rows(read, vocabulary), strict=True)
    return [_mark_cut(row, kept, marks) for row, kept in rows]


class _Row:
    """The pieces of a row, and of which text they are."""

    def __init__(self, ids: list[int], types: list[int], vocabulary: "Vocabulary") -> None:
        self.ids = ids
        self.pieces = [vocabulary.pieces[number] for number in ids]
        self.segments = vocabulary.spelling.segments(self.pieces, types)


def _rows(found: "TokenIds", vocabulary: "Vocabulary") -> list[_Row]:
    listed = zip(found.word_ids.to_list(), found.type_ids.to_list(), strict=True)
    return [_Row(ids, types, vocabulary) for ids, types in listed]


def _mark_cut(row: _Row, kept: _Row, marks: frozenset[str]) -> TokenizedText:
    """Tell the pieces that are kept, by how many each of the two texts keeps."""
    room = Counter(
        segment
        for piece, segment in zip(kept.pieces, kept.segments, strict=True)
        if piece not in marks
    )
    tokens = []
    for piece, number, segment in zip(row.pieces, row.ids, row.segments, strict=True):
        if piece in marks:
            tokens.append(Token(piece, number, "special"))
            continue
        tokens.append(Token(piece, number, "piece" if room[segment] > 0 else "cut"))
        room[segment] -= 1
    return TokenizedText(tuple(tokens), len(kept.ids), len(tokens) - len(kept.ids))
