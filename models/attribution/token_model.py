"""An exported model, asked with tokens: what explanations need of it."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the ops of the transform graph

from bert_aas.contracts.errors import InvalidInputError
from models.text.vocabulary import Vocabulary, read_vocabulary

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int32]

TOKENS_PER_CALL = 1024
"""Padding counted. More at once took no less time on two cores, but more memory."""

_SIGNATURES = ("serving_default", "tokenize", "tokens")
_MATRIX_RANK = 2
_LONG_TEXT = "a " * 10_000  # more tokens than `transform.max_seq_length` can be
_TEXTS_PER_CALL = 256


class TokenRow(NamedTuple):
    """One row of tokens without padding, ids and types int32 `[s]`."""

    word_ids: Ints
    type_ids: Ints


class TokenModel:
    """An exported model with its vocabulary and its table of word embeddings.

    Attributes:
        vocab: The pieces.
        spelling: How they spell words.
        table: The variable of the word embeddings, `[at least the vocabulary, width]`.
        blank: Id of the blank word.
        classes: Names of the classes, in the model's order.
        takes_pairs: Whether it classifies pairs of texts.
        limit: The most tokens that a row can have.
    """

    def __init__(self, folder: str) -> None:
        """Load a model.

        Args:
            folder: The SavedModel's folder, as `models.export.signatures.export_model` writes it.

        Raises:
            InvalidInputError: If it cannot be loaded or is no model of ours.
        """
        self._model = _load(folder)
        self._signatures = self._model.signatures
        vocabulary = _find_vocabulary(folder)
        self.vocab, self.spelling = vocabulary.pieces, vocabulary.spelling
        self.table = _find_table(self._signatures["tokens"].variables, len(self.vocab), folder)
        blanks = self.spelling.blanks
        self.blank = next(self.vocab.index(name) for name in blanks if name in self.vocab)
        inputs = self._signatures["tokenize"].structured_input_signature[1]
        self.takes_pairs = "text_pair" in inputs
        row = ("",) * len(inputs)
        answer = self._signatures["serving_default"](**_columns([row]))
        self.classes = tuple(name.decode() for name in answer["classes"].numpy()[0])
        (longest,) = self.tokenize([tuple(_LONG_TEXT for _ in row)])
        self.limit = len(longest.word_ids)

    def tokenize(self, rows: Sequence[Sequence[str]]) -> list[TokenRow]:
        """Tokenize rows of one text or of two.

        Args:
            rows: The texts of each row, n.

        Returns:
            n rows of tokens, in order.
        """
        return [row for part in parts(len(rows), _TEXTS_PER_CALL) for row in self._cut(rows[part])]

    def _cut(self, rows: Sequence[Sequence[str]]) -> Iterable[TokenRow]:
        tokens = self._signatures["tokenize"](**_columns(rows))
        lengths = tokens["input_mask"].numpy().sum(axis=1)
        word_ids, type_ids = tokens["input_word_ids"].numpy(), tokens["input_type_ids"].numpy()
        for place, length in enumerate(lengths):
            yield TokenRow(word_ids[place, :length], type_ids[place, :length])

    def probabilities(self, rows: Sequence[TokenRow]) -> Floats:
        """Classify rows of tokens; neighbours in length are asked together.

        Args:
            rows: The rows, n.

        Returns:
            Probabilities, float `[n, C]`.
        """
        found = np.zeros((len(rows), len(self.classes)))
        for places in batches([len(row.word_ids) for row in rows], TOKENS_PER_CALL):
            chosen = [rows[place] for place in places]
            lengths = [len(row.word_ids) for row in chosen]
            word_ids = _padded([row.word_ids for row in chosen])
            answer = self.ask(word_ids, lengths, _padded([row.type_ids for row in chosen]))
            found[places] = answer.numpy()
        return found

    def ask(self, word_ids: Ints, lengths: Sequence[int], type_ids: Ints) -> tf.Tensor:
        """Classify one batch.

        Args:
            word_ids: Ids, int32 `[n, s]`.
            lengths: Tokens of each row; what comes behind is padding.
            type_ids: Types, int32 `[n, s]`.

        Returns:
            Probabilities, float `[n, C]`.
        """
        mask = np.arange(word_ids.shape[1]) < np.asarray(lengths)[:, np.newaxis]
        answer = self._signatures["tokens"](
            input_word_ids=tf.constant(word_ids, tf.int32),
            input_mask=tf.constant(mask, tf.int32),
            input_type_ids=tf.constant(type_ids, tf.int32),
        )
        return answer["probabilities"]


def batches(lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Put rows of neighbouring lengths together.

    Args:
        lengths: Tokens of each row.
        tokens: The most that a batch may have, padding counted; one row is always allowed.

    Returns:
        Places of the rows of each batch, each row once.
    """
    made: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if made and (len(made[-1]) + 1) * lengths[place] <= tokens:
            made[-1].append(place)
        else:
            made.append([place])
    return made


def parts(count: int, size: int) -> list[slice]:
    """Cut `count` things into slices of at most `size`."""
    return [slice(*ends) for ends in pairwise([*range(0, count, size), count])]


def _padded(rows: Sequence[Ints]) -> Ints:
    longest = max(len(row) for row in rows)
    return np.stack([np.pad(row, (0, longest - len(row))) for row in rows])


def _columns(rows: Sequence[Sequence[str]]) -> dict[str, tf.Tensor]:
    """Make the inputs of the signatures that take texts."""
    columns = zip(*rows, strict=True)
    return {name: tf.constant(texts) for name, texts in zip(("text", "text_pair"), columns)}  # noqa: B905


def _load(folder: str) -> Any:
    try:
        model = tf.saved_model.load(folder)
    except (OSError, ValueError, tf.errors.OpError) as exc:
        reason = " ".join(str(exc).split())
        raise InvalidInputError(f"the model in {folder} cannot be loaded: {reason}") from exc
    missing = [name for name in _SIGNATURES if name not in model.signatures]
    if missing:
        raise InvalidInputError(
            f"the model in {folder} has no signature {missing[0]!r}; a model that the pipeline "
            "pushed is needed"
        )
    return model


def _find_vocabulary(folder: str) -> Vocabulary:
    """Read the encoder's vocabulary, which lies among the SavedModel's assets."""
    for path in tf.io.gfile.glob(f"{folder}/assets/*"):
        try:
            return read_vocabulary(path)
        except InvalidInputError:
            continue  # the vocabulary of the labels
    raise InvalidInputError(f"the model in {folder} has no vocabulary of word pieces in its assets")


def _find_table(variables: Iterable[Any], vocab_size: int, folder: str) -> Any:
    """Find the word embeddings: the matrix with a row for each piece, or a few more."""
    tables = [
        variable
        for variable in variables
        if variable.shape.rank == _MATRIX_RANK and variable.shape[0] >= vocab_size
    ]
    if not tables:
        raise InvalidInputError(
            f"the model in {folder} has no table of word embeddings with {vocab_size:,} rows"
        )
    return min(tables, key=lambda table: (table.shape[0], "word_embed" not in table.name))
