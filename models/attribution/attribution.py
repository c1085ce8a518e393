"""Integrated gradients: what each word piece of a text contributed to a prediction.

Any TF-Hub BERT may be inside an exported model, so there is no input for embeddings. Instead the
embeddings to try are written into rows of the model's own table of word embeddings, the model is
given the numbers of these rows as ids, and the gradient is that of the rows.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the ops of the transform graph

from bert_aas.contracts.errors import InvalidInputError
from models.attribution.attributed import DEFAULT_STEPS, Attribution, Word
from models.text.tokenizer import CLS, SEP, UNK, read_vocab

Floats: TypeAlias = npt.NDArray[np.float64]

_SIGNATURES = ("serving_default", "tokenize", "tokens")
_BLANKS = ("[MASK]", "[PAD]", UNK)
"""The blank word, the first that the vocabulary has: see `Explainer`."""

_CONTINUES = "##"
_ROWS_PER_CALL = 16
_MATRIX_RANK = 2
_LONG_TEXT = "a " * 10_000  # more tokens than `transform.max_seq_length` can be


class _Input(NamedTuple):
    """One row of tokens without padding, ids and types int32 `[s]`."""

    word_ids: npt.NDArray[np.int32]
    type_ids: npt.NDArray[np.int32]


class Explainer:
    """Explains the answers of an exported model.

    The baseline, where the path of the integral starts, is the same input with every piece but
    `[CLS]` and `[SEP]` replaced by `[MASK]`, which pre-training has taught the encoder to read as
    "some word". `[PAD]` stands in where a vocabulary lacks it: no encoder ever attends to padding,
    so its embedding is whatever training began with.

    An explainer changes the weights of the model that it loaded while it works, and puts them back:
    do not share it between threads.

    Source:
        Sundararajan et al. 2017, Axiomatic Attribution for Deep Networks, arXiv:1703.01365, section
        3; the integral by Gauss-Legendre quadrature.

    Attributes:
        classes: Names of the classes, in the model's order.
        takes_pairs: Whether the model classifies pairs of texts.
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
        self._vocab = _find_vocab(folder)
        self._table = _find_table(self._signatures["tokens"].variables, len(self._vocab), folder)
        self._blank = next(self._vocab.index(name) for name in _BLANKS if name in self._vocab)
        inputs = self._signatures["tokenize"].structured_input_signature[1]
        self.takes_pairs = "text_pair" in inputs
        row = ("",) * len(inputs)
        answer = self._signatures["serving_default"](**_columns(row))
        self.classes = tuple(name.decode() for name in answer["classes"].numpy()[0])
        self._limit = len(self._tokenize([_LONG_TEXT for _ in row]).word_ids)

    def explain(
        self,
        texts: Sequence[str],
        text_pairs: Sequence[str] | None = None,
        *,
        target: str | None = None,
        steps: int = DEFAULT_STEPS,
    ) -> list[Attribution]:
        """Explain the answers to texts.

        Args:
            texts: The texts, n.
            text_pairs: The second texts, n, for models of pairs.
            target: The class to explain; else the likeliest one of each text.
            steps: Points of the integral, at least 1: each costs a pass forth and back.

        Returns:
            n attributions, in order.

        Raises:
            InvalidInputError: If the model wants pairs and there are none or the other way round,
                or has no such class.
        """
        self._check(texts, text_pairs, target)
        rows = zip(texts) if text_pairs is None else zip(texts, text_pairs, strict=True)
        place = None if target is None else self.classes.index(target)
        return [self._explain(self._tokenize(row), place, steps) for row in rows]

    def _check(
        self, texts: Sequence[str], text_pairs: Sequence[str] | None, target: str | None
    ) -> None:
        if self.takes_pairs != (text_pairs is not None):
            kind = "pairs of texts" if self.takes_pairs else "single texts, not pairs"
            raise InvalidInputError(f"the model classifies {kind}")
        if text_pairs is not None and len(texts) != len(text_pairs):
            raise InvalidInputError(
                f"there are {len(texts)} texts and {len(text_pairs)} second texts; give the "
                "same number of both"
            )
        if target is not None and target not in self.classes:
            raise InvalidInputError(
                f"the model has no class {target!r}; it has {', '.join(self.classes)}"
            )

    def _tokenize(self, row: Sequence[str]) -> _Input:
        """Tokenize one row; alone it is as long as its batch's longest: there is no padding."""
        tokens = self._signatures["tokenize"](**_columns(row))
        return _Input(tokens["input_word_ids"].numpy()[0], tokens["input_type_ids"].numpy()[0])

    def _explain(self, tokens: _Input, place: int | None, steps: int) -> Attribution:
        pieces = tuple(self._vocab[number] for number in tokens.word_ids)
        kept = np.isin(pieces, (CLS, SEP))  # a text that spells them out gets other pieces
        blanked = tokens._replace(word_ids=np.where(kept, tokens.word_ids, self._blank))
        found, before = (self._probabilities(part).numpy()[0] for part in (tokens, blanked))
        if place is None:
            place = int(found.argmax())
        scores = self._integrate(blanked, tokens, place, steps)
        return Attribution(
            pieces=pieces,
            scores=tuple(map(float, scores)),
            words=merge_pieces(pieces, scores, tokens.type_ids),
            target=self.classes[place],
            probabilities=dict(zip(self.classes, map(float, found), strict=True)),
            baseline=float(before[place]),
            gap=float(scores.sum() - (found[place] - before[place])),
            at_limit=len(pieces) == self._limit,
        )

    def _probabilities(self, tokens: _Input, rows: int = 1) -> tf.Tensor:
        """Classify `rows` inputs whose ids stand one after the other: float `[rows, C]`."""
        word_ids = tf.reshape(tf.constant(tokens.word_ids, tf.int32), [rows, -1])
        type_ids = tf.tile(tf.constant(tokens.type_ids, tf.int32)[tf.newaxis], [rows, 1])
        answer = self._signatures["tokens"](
            input_word_ids=word_ids, input_mask=tf.ones_like(word_ids), input_type_ids=type_ids
        )
        return answer["probabilities"]

    def _integrate(self, start: _Input, end: _Input, place: int, steps: int) -> Floats:
        """Give the pieces' shares of the change from `start` to `end`, float `[s]`."""
        length = len(end.word_ids)
        capacity = int(self._table.shape[0]) // length
        if not capacity:
            raise InvalidInputError(
                f"a text has {length} tokens, more than the model's vocabulary has word pieces "
                f"({self._table.shape[0]}); give a shorter one"
            )
        first, last = (tf.gather(self._table, tokens.word_ids) for tokens in (start, end))
        nodes, weights = _quadrature(steps)
        total = np.zeros(first.shape)
        for part in _parts(steps, min(capacity, _ROWS_PER_CALL)):
            shares = tf.constant(nodes[part], first.dtype)[:, tf.newaxis, tf.newaxis]
            gradients = self._gradients(first + shares * (last - first), end.type_ids, place)
            total += np.tensordot(weights[part], gradients, axes=1)
        scores: Floats = np.sum(total * (last - first).numpy(), axis=1)
        return scores

    def _gradients(
        self, embeddings: tf.Tensor, type_ids: npt.NDArray[np.int32], place: int
    ) -> Floats:
        """Derive the class's probability by the embeddings of n inputs, both `[n, s, width]`."""
        count, length, width = embeddings.shape
        rows = np.arange(count * length, dtype=np.int32)
        held = tf.gather(self._table, rows)
        try:
            self._write(tf.reshape(embeddings, [-1, width]), rows)
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(self._table)
                probabilities = self._probabilities(_Input(rows, type_ids), count)[:, place]
            gradient = tape.gradient(probabilities, self._table)
        finally:
            self._write(held, rows)
        found = _rows_of(gradient, rows).numpy().astype(np.float64)
        shaped: Floats = found.reshape(embeddings.shape)
        return shaped

    def _write(self, values: tf.Tensor, rows: npt.NDArray[np.int32]) -> None:
        self._table.scatter_update(tf.IndexedSlices(values, tf.constant(rows)))


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
    words: list[Word] = []
    inside = False
    for piece, score, segment in zip(pieces, scores, segments, strict=True):
        if piece in {CLS, SEP}:
            inside = False
            continue
        continues = inside and piece.startswith(_CONTINUES) and piece != _CONTINUES
        before = words.pop() if continues else Word("", 0.0)
        text = piece.removeprefix(_CONTINUES) if continues else piece
        words.append(Word(before.text + text, before.score + float(score), int(segment)))
        inside = True
    return tuple(words)


def _columns(row: Sequence[str]) -> dict[str, tf.Tensor]:
    """Make the inputs of the signatures that take texts, one row."""
    return {name: tf.constant([text]) for name, text in zip(("text", "text_pair"), row)}  # noqa: B905


def _parts(count: int, size: int) -> list[slice]:
    """Cut `count` things into slices of at most `size`."""
    return [slice(*ends) for ends in pairwise([*range(0, count, size), count])]


def _quadrature(steps: int) -> tuple[Floats, Floats]:
    """Give points and weights of Gauss-Legendre quadrature over [0, 1], `[steps]` each."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return (nodes + 1) / 2, weights / 2


def _rows_of(gradient: Any, rows: npt.NDArray[np.int32]) -> tf.Tensor:
    """Give the rows of a gradient, dense or sparse, of which no other rows are asked for."""
    if isinstance(gradient, tf.IndexedSlices):
        return tf.math.unsorted_segment_sum(gradient.values, gradient.indices, len(rows))
    return tf.gather(gradient, rows)


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


def _find_vocab(folder: str) -> list[str]:
    """Read the encoder's vocabulary, which lies among the SavedModel's assets."""
    for path in tf.io.gfile.glob(f"{folder}/assets/*"):
        try:
            return read_vocab(path)
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
