"""The vocabulary of an encoder: word pieces or byte-level ones, each with its tokenizer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import tensorflow as tf

from bert_aas.contracts.errors import InvalidInputError
from models.text.byte_level.bpe import FILE_START, ByteLevelBpe, read_bpe
from models.text.byte_level.tokenizer import ByteLevelTokenizer
from models.text.packing import TokenIds
from models.text.spelling import ByteLevelSpelling, Spelling, WordPieceSpelling
from models.text.tokenizer import BertTokenizer, parse_vocab


class Tokenizer(Protocol):
    """Turns texts into an encoder's ids, inside a graph."""

    def tokenize(self, texts: tf.Tensor, text_pairs: tf.Tensor | None = None) -> TokenIds:
        """Turn texts, or pairs of them, into ids with special tokens, unpadded."""


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of an encoder.

    Attributes:
        pieces: Their spellings; a piece's place is its id.
        spelling: How they spell words.
        bpe: The merges of a byte-level vocabulary; none for word pieces.
    """

    pieces: list[str]
    spelling: Spelling
    bpe: ByteLevelBpe | None = None

    def tokenizer(self, do_lower_case: bool, max_seq_length: int) -> Tokenizer:
        """Build the tokenizer, inside the graph that uses it.

        Args:
            do_lower_case: Lower-case word pieces and strip accents; bytes stay as they are.
            max_seq_length: Longest output in tokens, special tokens counted; at least 3.

        Returns:
            The tokenizer.
        """
        if self.bpe is not None:
            return ByteLevelTokenizer(self.bpe, max_seq_length)
        return BertTokenizer(self.pieces, do_lower_case, max_seq_length)


def word_pieces(pieces: list[str]) -> Vocabulary:
    """Give the vocabulary of a BERT.

    Args:
        pieces: Word pieces; a piece's place is its id.

    Returns:
        The vocabulary.
    """
    return Vocabulary(pieces, WordPieceSpelling())


def read_vocabulary(path: Path | str) -> Vocabulary:
    """Read the vocabulary that a module carries.

    Args:
        path: A `vocab.txt`, or the `tokenizer.json` of a byte-level tokenizer; what it holds tells
            which. A path, or a URI that TensorFlow reads.

    Returns:
        The vocabulary.

    Raises:
        InvalidInputError: If the file is neither, or lacks a special token.
    """
    name = f"The vocabulary {path}"
    try:
        with tf.io.gfile.GFile(str(path), "rb") as file:
            content = file.read()
    except tf.errors.OpError as exc:
        raise InvalidInputError(
            f"{name} cannot be read ({exc}); UTF-8 text with one word piece per line is needed."
        ) from exc
    if content.startswith(FILE_START):
        bpe = read_bpe(content, name)
        return Vocabulary(list(bpe.pieces), ByteLevelSpelling(), bpe)
    return word_pieces(parse_vocab(content, name))
