"""Ask an exported model about many rows: probabilities, and the [CLS] vectors behind them."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401 - registers the ops of the transform graph
from numpy.typing import NDArray

from bert_aas.contracts.errors import InvalidInputError

_logger = logging.getLogger(__name__)

_SIGNATURES = ("serving_default", "tokenize", "tokenize_examples", "tokens")
_ENCODER, _HEAD = "layer_with_weights-0", "layer_with_weights-1"
"""What Keras calls the layers of `models.training.classifier` in a SavedModel."""

_ROWS_PER_CALL = 32
_LARGEST_GAP = 1e-3

Tokens = Mapping[str, tf.Tensor]


class Answers(NamedTuple):
    """What a model says of n rows.

    Attributes:
        probabilities: Of the classes, float32 `[n, C]`.
        vectors: The vectors of `[CLS]`, float32 `[n, width]`; `None` where the model keeps them
            to itself.
    """

    probabilities: NDArray[np.float32]
    vectors: NDArray[np.float32] | None


class BatchModel:
    """An exported model that answers batches, each row as long as those near its length.

    Example:
        `BatchModel("serving_model/7").of_texts([("A lovely shirt.",)]).probabilities`

    Attributes:
        classes: Names of the classes, in the order of the probabilities.
    """

    def __init__(self, folder: str) -> None:
        """Load a model.

        Args:
            folder: The SavedModel, as `models.export.signatures.export_model` writes it.

        Raises:
            InvalidInputError: If it lacks a signature.
        """
        self._model = tf.saved_model.load(folder)
        self._signatures = self._model.signatures
        missing = [name for name in _SIGNATURES if name not in self._signatures]
        if missing:
            raise InvalidInputError(f"the model in {folder} has no signature {missing[0]!r}")
        self._names = ("text", "text_pair")[: len(self._inputs("tokenize"))]
        answer = self._signatures["serving_default"](**self._columns([("",) * len(self._names)]))
        self.classes = tuple(name.decode() for name in answer["classes"].numpy()[0])
        self._gives_vectors = True
        self._is_checked = False

    def of_examples(self, serialized: Sequence[bytes]) -> Answers:
        """Classify raw rows.

        Args:
            serialized: Serialized tf.Examples with the raw features.

        Returns:
            The answers, in order.
        """
        tokens = self._signatures["tokenize_examples"](inputs=tf.constant(serialized, tf.string))
        return self._answer(tokens)

    def of_texts(self, rows: Sequence[tuple[str, ...]]) -> Answers:
        """Classify texts.

        Args:
            rows: One or two texts each, as the model takes them.

        Returns:
            The answers, in order.
        """
        return self._answer(self._signatures["tokenize"](**self._columns(rows)))

    def _inputs(self, signature: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._signatures[signature].structured_input_signature[1]
        return found

    def _columns(self, rows: Sequence[tuple[str, ...]]) -> dict[str, tf.Tensor]:
        columns = zip(*rows, strict=True)
        return {
            name: tf.constant(texts, tf.string)
            for name, texts in zip(self._names, columns, strict=True)
        }

    def _answer(self, tokens: Tokens) -> Answers:
        """Sort the rows by length, so that few are padded, and put the answers back in order."""
        lengths = tokens["input_mask"].numpy().sum(axis=1)
        order = np.argsort(lengths, kind="stable")
        parts = [
            self._classify(tokens, order[start : start + _ROWS_PER_CALL], lengths)
            for start in range(0, len(order), _ROWS_PER_CALL)
        ]
        back = np.argsort(order)
        vectors = [part.vectors for part in parts if part.vectors is not None]
        return Answers(
            np.concatenate([part.probabilities for part in parts])[back],
            np.concatenate(vectors)[back] if len(vectors) == len(parts) else None,
        )

    def _classify(
        self, tokens: Tokens, rows: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> Answers:
        longest = max(1, int(lengths[rows].max()))
        part = {name: tf.gather(tensor, rows)[:, :longest] for name, tensor in tokens.items()}
        if self._gives_vectors:
            found = self._with_vectors(part)
            if found is not None and (self._is_checked or self._is_right(found, part)):
                self._is_checked = True
                return found
            self._gives_vectors = False
        return Answers(self._by_signature(part), None)

    def _by_signature(self, tokens: Tokens) -> NDArray[np.float32]:
        found: NDArray[np.float32] = self._signatures["tokens"](**tokens)["probabilities"].numpy()
        return found

    def _is_right(self, found: Answers, tokens: Tokens) -> bool:
        """Tell whether the layers are what the signature calls."""
        gap = np.abs(found.probabilities - self._by_signature(tokens)).max()
        if gap > _LARGEST_GAP:
            _logger.warning("the layers answer otherwise than the signature, by %g", gap)
        return bool(gap <= _LARGEST_GAP)

    def _with_vectors(self, tokens: Tokens) -> Answers | None:
        """Call the layers one by one; `None` if that is not what the signature does."""
        try:
            encoded = getattr(self._model.classifier, _ENCODER)(dict(tokens), training=False)
            vectors = encoded["sequence_output"][:, 0] if isinstance(encoded, dict) else encoded
            logits = getattr(self._model.classifier, _HEAD)(vectors)
            probabilities = tf.nn.softmax(logits).numpy()
        except (AttributeError, KeyError, TypeError, ValueError, tf.errors.OpError):
            _logger.warning("the model gives no [CLS] vectors", exc_info=True)
            return None
        return Answers(probabilities, vectors.numpy())
