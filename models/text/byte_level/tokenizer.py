"""Text to byte-level ids inside a TensorFlow graph, equal to Hugging Face's `RobertaTokenizer`."""

import functools

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from models.text.byte_level.bpe import END, START, ByteLevelBpe
from models.text.byte_level.byte_characters import characters
from models.text.byte_level.letters import re2_ranges
from models.text.byte_level.piece_model import piece_model
from models.text.packing import ROBERTA, Packer, TokenIds

# Bytes that UTF-8 never has: the end of a word, and what stands for NUL, where texts would end.
_END_OF_WORD, _NUL = b"\xff", b"\xfe"
_MARK_ID = 1  # of the end of a word, in SentencePiece's model; 0 is what it does not know


class ByteLevelTokenizer:
    """GPT-2's byte-level pieces with RoBERTa's special tokens, usable inside any `tf.function`.

    Texts become `<s> pieces </s>`, pairs `<s> pieces </s></s> pieces </s>`, cut to
    `max_seq_length`; all types are 0. Bytes that are no UTF-8 are read as U+FFFD.

    Create it inside the graph that uses it: the merges are part of that graph, so a SavedModel
    needs no other file. The process that loads it must import `tensorflow_text`.

    Input is plain text: one that spells out "</s>" gets the pieces of these characters, never the
    special token (as in Hugging Face with `split_special_tokens=True`).

    Source:
        Radford et al. 2019 (GPT-2): its pattern of words, and merges of bytes within them. RE2 has
        no look-ahead, so a first pass cuts the last blank off a run of white space. The merging
        is SentencePiece's, see `models.text.byte_level.merging`.
    """

    def __init__(self, bpe: ByteLevelBpe, max_seq_length: int) -> None:
        """Put the merges into the current graph.

        Args:
            bpe: Pieces and merges, checked.
            max_seq_length: Longest output in tokens, special tokens counted; at least 3.
        """
        ids = {piece: place for place, piece in enumerate(bpe.pieces)}
        self._packer = Packer(ids[START], ids[END], max_seq_length, ROBERTA)
        self._add_prefix_space = bpe.add_prefix_space
        model, known = _model(bpe)
        self._ids = tf.constant(known)
        self._merge = tf_text.SentencepieceTokenizer(model)

    def tokenize(self, texts: tf.Tensor, text_pairs: tf.Tensor | None = None) -> TokenIds:
        """Turn texts into the ids of an encoder's input.

        Args:
            texts: string `[n]`.
            text_pairs: string `[n]`, the second texts; None where there are only single ones.

        Returns:
            Ids of at most `max_seq_length` tokens per row. A pair that is too long loses pieces of
            its longer text first.

        Raises:
            InvalidInputError: If pairs have no room for their special tokens.
        """
        second = None if text_pairs is None else self._pieces(text_pairs)
        return self._packer.pack(self._pieces(texts), second)

    def _pieces(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Split texts into pieces without special tokens."""
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        if self._add_prefix_space:
            texts = tf.strings.regex_replace(texts, r"^([^ ])", r" \1", replace_global=False)
        # Whole rows with marks in them: words as strings of their own would take longer to make
        # than to merge. No piece has the mark, so nothing is merged over it.
        texts = tf.strings.regex_replace(texts, _runs(), rb"\1" + _END_OF_WORD + rb"\2\3")
        texts = tf.strings.regex_replace(texts, _words(), rb"\0" + _END_OF_WORD)
        texts = tf.strings.regex_replace(texts, r"\x00", _NUL)
        found = self._merge.tokenize(tf.strings.unicode_transcode(texts, "ISO-8859-1", "UTF-8"))
        is_piece = found.values > _MARK_ID
        ends = tf.pad(tf.cumsum(tf.cast(is_piece, tf.int64)), [[1, 0]])
        pieces = tf.gather(found.values, tf.where(is_piece)[:, 0])
        splits = tf.gather(ends, found.row_splits)
        return tf.RaggedTensor.from_row_splits(tf.gather(self._ids, pieces), splits, validate=False)


@functools.cache
def _runs() -> str:
    r"""Write the pattern of white space before a word: `\s+(?!\S)`, the blank, the word's begin."""
    blanks = re2_ranges("white_space")
    return f"([{blanks}]+)([{blanks}])([^{blanks}])"


@functools.cache
def _words() -> str:
    """Write the pattern of words."""
    letters, numbers, blanks = map(re2_ranges, ("letters", "numbers", "white_space"))
    return (
        f"'s|'t|'re|'ve|'m|'ll|'d| ?[{letters}]+| ?[{numbers}]+"
        f"| ?[^{blanks}{letters}{numbers}]+|[{blanks}]+"
    )


@functools.lru_cache(maxsize=2)  # Transform traces its function many times
def _model(bpe: ByteLevelBpe) -> tuple[bytes, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Write SentencePiece's model; give also the id of each of its pieces."""
    ids = {piece: place for place, piece in enumerate(bpe.pieces)}
    # U+0000 would end a text, and SentencePiece wants each piece once.
    spelt = {ord(character): chr(byte) for byte, character in enumerate(characters())}
    spelt[ord(characters()[0])] = _NUL.decode("latin-1")
    marks = {characters()[mark[0]] for mark in (_END_OF_WORD, _NUL)}
    merged = dict.fromkeys("".join(merge) for merge in bpe.merges)
    chosen = [
        piece for piece in (*characters(), *merged) if piece in ids and marks.isdisjoint(piece)
    ]
    scored = [(piece.translate(spelt), -float(rank)) for rank, piece in enumerate(chosen)]
    model = piece_model([(_END_OF_WORD.decode("latin-1"), 0.0), *scored])
    return model, np.array([0, 0, *(ids[piece] for piece in chosen)], np.int64)
