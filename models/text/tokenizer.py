"""Text to word-piece ids inside a TensorFlow graph, equal to Hugging Face's `BertTokenizer`."""

import functools
import io
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text
from tensorflow_text.core.pybinds import pywrap_fast_wordpiece_tokenizer_model_builder

from bert_aas.contracts.errors import InvalidInputError
from models.text.packing import BERT, Packer, TokenIds
from models.text.text_normalization import REPLACEMENT_CHARACTER, TextNormalizer

CLS, SEP, UNK = "[CLS]", "[SEP]", "[UNK]"
MAX_WORD_CHARACTERS = 100
MAX_UTF8_BYTES = 4


class BertTokenizer:
    """Word-piece tokenizer of one vocabulary, usable inside any `tf.function`.

    Texts become `[CLS] pieces [SEP]`, pairs `[CLS] pieces [SEP] pieces [SEP]`, cut to
    `max_seq_length`. An empty text is `[CLS] [SEP]`.

    Create it inside the graph that uses it: the vocabulary is a constant of that graph, so a
    SavedModel needs no other file. The process that loads it must import `tensorflow_text`.

    Input is plain text: a review that spells out "[SEP]" gets the pieces of these characters, never
    the special token (as in Hugging Face with `split_special_tokens=True`).

    Source:
        Song et al. 2021, Fast WordPiece Tokenization, arXiv:2012.15524 (`FastBertTokenizer` of TF
        Text). Its own normaliser folds compatibility characters ("…" to "...") and puts spaces
        for dropped characters, which BERT's does not; `TextNormalizer` does that part.
    """

    def __init__(self, vocab: list[str], do_lower_case: bool, max_seq_length: int) -> None:
        """Build the tokenizer's tables: under a second for a vocabulary's first, then at once.

        Args:
            vocab: Word pieces, special tokens among them; a piece's place is its id.
            do_lower_case: Lower-case and strip accents, as the encoder was trained.
            max_seq_length: Longest output in tokens, special tokens counted; at least 3.
        """
        check_vocab(vocab, "The encoder's vocabulary")
        ids = {piece: index for index, piece in enumerate(vocab)}  # the last of equals wins
        self._packer = Packer(ids[CLS], ids[SEP], max_seq_length, BERT)
        self._normalize = TextNormalizer(
            do_lower_case, MAX_WORD_CHARACTERS, _unknown_word(frozenset(ids))
        )
        model = _wordpiece_model(tuple(_without_duplicates(vocab, ids)))
        self._wordpiece = tf_text.FastBertTokenizer(
            # As a tensor: TF Text would make a list of a million integers of the bytes.
            fast_wordpiece_model_buffer=tf.constant(np.frombuffer(model, np.uint8)),
            lower_case_nfd_strip_accents=False,
        )

    def tokenize(self, texts: tf.Tensor, text_pairs: tf.Tensor | None = None) -> TokenIds:
        """Turn texts into the word pieces of an encoder's input.

        Args:
            texts: string `[n]`.
            text_pairs: string `[n]`, the second texts; None where there are only single ones.

        Returns:
            Ids of at most `max_seq_length` tokens per row. A pair that is too long loses pieces of
            its longer text first.
        """
        second = None if text_pairs is None else self._pieces(text_pairs)
        return self._packer.pack(self._pieces(texts), second)

    def _pieces(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Split texts into word pieces without special tokens."""
        return self._wordpiece.tokenize(self._normalize(texts))


@functools.lru_cache(maxsize=2)  # Transform traces its function many times
def _wordpiece_model(vocab: tuple[str, ...]) -> bytes:
    """Build TF Text's tries; the arguments are those of `FastBertTokenizer`."""
    model: bytes = pywrap_fast_wordpiece_tokenizer_model_builder.build_fast_wordpiece_model(
        vocab, MAX_WORD_CHARACTERS * MAX_UTF8_BYTES, "##", UNK, False, False
    )
    return model


def read_vocab(path: Path | str) -> list[str]:
    """Read a `vocab.txt`: one word piece per line, its line number its id.

    Args:
        path: UTF-8 file, or a URI of one that TensorFlow reads.

    Returns:
        The pieces in order.

    Raises:
        InvalidInputError: If the file cannot be read as UTF-8 text, or lacks a special token.
    """
    name = f"The vocabulary {path}"
    try:
        with tf.io.gfile.GFile(str(path), "rb") as file:
            return parse_vocab(file.read(), name)
    except tf.errors.OpError as exc:
        raise InvalidInputError(
            f"{name} cannot be read ({exc}); UTF-8 text with one word piece per line is needed."
        ) from exc


def parse_vocab(content: bytes, name: str) -> list[str]:
    """Read what a `vocab.txt` holds.

    Args:
        content: The file.
        name: The vocabulary's name, with which messages begin.

    Returns:
        The pieces in order.

    Raises:
        InvalidInputError: If it is no UTF-8 text, or lacks a special token.
    """
    try:
        with io.TextIOWrapper(io.BytesIO(content), encoding="utf-8") as lines:
            # Not splitlines: pieces may hold U+2028.
            vocab = [line.rstrip("\n") for line in lines]
    except UnicodeDecodeError as exc:
        raise InvalidInputError(
            f"{name} cannot be read ({exc}); UTF-8 text with one word piece per line is needed."
        ) from exc
    check_vocab(vocab, name)
    return vocab


def check_vocab(vocab: list[str], name: str) -> None:
    """Refuse a vocabulary without BERT's special tokens.

    Args:
        vocab: Word pieces.
        name: The vocabulary's name, with which the message begins.

    Raises:
        InvalidInputError: If `[CLS]`, `[SEP]` or `[UNK]` is missing.
    """
    missing = [token for token in (CLS, SEP, UNK) if token not in vocab]
    if missing:
        raise InvalidInputError(
            f"{name} has no {' and no '.join(missing)}; a BERT vocabulary needs [CLS], [SEP] and "
            "[UNK]."
        )


def _unknown_word(vocab: frozenset[str]) -> str:
    """Choose a character that no vocabulary entry spells, so that it becomes `[UNK]`."""
    candidates = (REPLACEMENT_CHARACTER, *map(chr, range(0xE000, 0xF900)))
    return next(mark for mark in candidates if mark not in vocab)


def _without_duplicates(vocab: list[str], ids: dict[str, int]) -> list[str]:
    """Replace pieces that a later equal one hides; a space keeps any text from matching."""
    return [
        piece if ids[piece] == index else f"[hidden {index}]" for index, piece in enumerate(vocab)
    ]
