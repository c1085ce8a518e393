"""Texts as the word pieces that an encoder reads, with their ids and what is cut off."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.report.pages.fragment import Fragment, render_template

_TEMPLATE = "pages/tokens.html.j2"
_NO_LIMIT = 2**31 - 1


@dataclass(frozen=True)
class Token:
    """A word piece.

    Attributes:
        piece: Its spelling in the vocabulary; `##` begins one that continues a word.
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
    from models.text.tokenizer import read_vocab

    vocab = read_vocab(vocab_path)
    rows = tokenize_texts(texts, vocab, do_lower_case, max_seq_length, text_pairs)
    title = "What the encoder reads"
    return render_template(_TEMPLATE, title, heading=title, rows=rows, limit=max_seq_length)


def tokenize_texts(
    texts: Sequence[str],
    vocab: list[str],
    do_lower_case: bool,
    max_seq_length: int,
    text_pairs: Sequence[str] | None = None,
) -> list[TokenizedText]:
    """Split texts into word pieces, as the pipeline does.

    Args:
        texts: The texts, n.
        vocab: Word pieces; a piece's place is its id.
        do_lower_case: Whether texts are lower-cased.
        max_seq_length: Tokens per row, special tokens counted.
        text_pairs: The second texts, n.

    Returns:
        n tokenized texts.
    """
    import tensorflow as tf

    from models.text.tokenizer import BertTokenizer

    columns = [tf.constant(list(column), tf.string) for column in (texts, text_pairs) if column]
    if not columns:
        return []
    whole, read = (
        BertTokenizer(vocab, do_lower_case, limit).tokenize(*columns)
        for limit in (_NO_LIMIT, max_seq_length)
    )
    all_ids = zip(whole.word_ids.to_list(), whole.type_ids.to_list(), strict=True)
    kept_types = read.type_ids.to_list()
    return [
        _mark_cut([vocab[number] for number in ids], ids, types, kept)
        for (ids, types), kept in zip(all_ids, kept_types, strict=True)
    ]


def _mark_cut(
    pieces: list[str], ids: list[int], types: list[int], kept_types: list[int]
) -> TokenizedText:
    """Tell the pieces that are kept, by how many each of the two texts keeps."""
    from models.text.tokenizer import CLS, SEP

    tokens = []
    room = {segment: kept_types.count(segment) for segment in set(types)}
    room[0] -= 1  # [CLS]
    for piece, number, segment in zip(pieces, ids, types, strict=True):
        if piece in {CLS, SEP}:
            tokens.append(Token(piece, number, "special"))
            continue
        room[segment] -= 1
        tokens.append(Token(piece, number, "piece" if room[segment] > 0 else "cut"))
    kept = len(kept_types)
    return TokenizedText(tuple(tokens), kept, len(tokens) - kept)
