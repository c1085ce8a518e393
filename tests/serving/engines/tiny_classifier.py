"""A classifier small enough to be computed again in a few lines of NumPy.

A text becomes `[CLS]` and one token per character. The tokens' vectors are averaged; their softmax
is the answer.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

CLASSES = ("bad", "fair", "good")
WORDS, TYPES, CLS = 50, 2, 1
_SEED = 7


def tables(seed: int = _SEED) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The vectors of tokens, float32 `[WORDS, 3]`, and those of types, `[TYPES, 3]`."""
    draw = np.random.default_rng(seed)
    return (
        draw.normal(scale=4, size=(WORDS, len(CLASSES))).astype(np.float32),
        draw.normal(size=(TYPES, len(CLASSES))).astype(np.float32),
    )


def export_tiny(folder: Path, seed: int = _SEED) -> None:
    """Write the SavedModel with the pipeline's signatures."""
    import models.keras_compat  # noqa: F401  (decides on Keras 2 before TensorFlow is imported)

    tf = __import__("tensorflow")
    module = tf.Module()
    module.words, module.types = (tf.Variable(table) for table in tables(seed))

    def tokenize(text: Any) -> dict[str, Any]:
        letters = tf.strings.unicode_decode(text, "UTF-8") % (WORDS - 2) + 2
        cls = tf.fill([tf.size(text), 1], CLS)
        ids = tf.concat([tf.RaggedTensor.from_tensor(cls), letters], axis=1)
        padded = ids.to_tensor()
        mask = tf.sequence_mask(ids.row_lengths(), tf.shape(padded)[1], tf.int32)
        return {"input_word_ids": padded, "input_mask": mask, "input_type_ids": 0 * padded}

    def tokens(input_word_ids: Any, input_mask: Any, input_type_ids: Any) -> dict[str, Any]:
        vectors = tf.gather(module.words, input_word_ids) + tf.gather(module.types, input_type_ids)
        mask = tf.cast(input_mask, tf.float32)[:, :, tf.newaxis]
        mean = tf.reduce_sum(vectors * mask, 1) / tf.maximum(tf.reduce_sum(mask, 1), 1.0)
        return {"probabilities": tf.nn.softmax(mean)}

    def answer(text: Any) -> dict[str, Any]:
        probabilities = tokens(**tokenize(text))["probabilities"]
        return {
            "label": tf.gather(CLASSES, tf.argmax(probabilities, axis=1)),
            "probabilities": probabilities,
            "classes": tf.repeat(tf.constant([CLASSES]), tf.size(text), axis=0),
        }

    def texts_of(inputs: Any) -> Any:
        features = {"text": tf.io.FixedLenFeature([], tf.string)}
        return tf.io.parse_example(inputs, features)["text"]

    def classify(inputs: Any) -> dict[str, Any]:
        answers = answer(texts_of(inputs))
        return {"classes": answers["classes"], "scores": answers["probabilities"]}

    examples = [tf.TensorSpec([None], tf.string, name="inputs")]
    texts = [tf.TensorSpec([None], tf.string, name="text")]
    names = ("input_word_ids", "input_mask", "input_type_ids")
    integers = [tf.TensorSpec([None, None], tf.int32, name=name) for name in names]
    signatures = {
        "serving_default": tf.function(answer, input_signature=texts),
        "tokenize": tf.function(tokenize, input_signature=texts),
        "classify": tf.function(classify, input_signature=examples),
        "tokenize_examples": tf.function(
            lambda inputs: tokenize(texts_of(inputs)), input_signature=examples
        ),
        "tokens": tf.function(tokens, input_signature=integers),
    }
    tf.saved_model.save(module, str(folder), signatures=signatures)


def token_arrays(*rows: list[int]) -> dict[str, npt.NDArray[Any]]:
    """Tokens of type 1, padded to the longest row."""
    longest = max(map(len, rows))
    ids = np.array([row + [0] * (longest - len(row)) for row in rows], np.int32)
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in rows], np.int32)
    return {"input_word_ids": ids, "input_mask": mask, "input_type_ids": mask}


def expected(*rows: list[int], type_id: int = 1) -> npt.NDArray[Any]:
    """The probabilities of `token_arrays` of the same rows, or of tokens of another type."""
    words, types = tables()
    means = np.array([(words[row] + types[type_id]).mean(axis=0) for row in rows])
    powers = np.exp(means - means.max(axis=1, keepdims=True))
    probabilities: npt.NDArray[Any] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities
