"""Fine-tune as teams first do: all tokens of all blocks, rows padded to 128, Keras's own parts.

The encoder has our weights and our graph, but for what was made faster for training: it drops with
`tf.nn.dropout`, normalises layers as Keras's layer does, and its last block computes the vectors of
all tokens, of which the first is taken.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from models.keras_compat import keras  # isort: skip - before TensorFlow
import tensorflow as tf
import tensorflow_hub as hub

from models.encoders.architecture.bert import BertConfig, BertEncoder
from models.encoders.exporting import CONFIG_FILE, export_encoder
from models.encoders.resolving import EncoderModule
from models.params import TrainParams
from models.training.classifier import INPUT_NAMES


def padded_classifier(module: EncoderModule, classes: int, dropout: float, folder: Path) -> Any:
    """Build the classifier.

    Args:
        module: An encoder that tells its shape, as those do that `bert-aas` imports.
        classes: Number of classes.
        dropout: Rate before the classification layer.
        folder: For the encoder's plain form; must not exist.

    Returns:
        A Keras model from the three token inputs, int32 `[n, s]`, to logits, float32 `[n, C]`.
    """
    with _standard_operations():
        export_encoder(_rebuilt(module), module.vocab_path, module.do_lower_case, folder)
    inputs = {name: keras.layers.Input(shape=(None,), dtype=tf.int32) for name in INPUT_NAMES}
    outputs = hub.KerasLayer(str(folder), trainable=True)(inputs)
    cls_vector = keras.layers.Dropout(dropout)(outputs["sequence_output"][:, 0, :])
    return keras.Model(inputs, keras.layers.Dense(classes)(cls_vector))


def padded_optimizer(params: TrainParams) -> Any:
    """Build Keras's own AdamW, at a constant rate.

    Args:
        params: Learning rate, weight decay and clipping.

    Returns:
        The optimizer.
    """
    return keras.optimizers.AdamW(
        params.learning_rate, params.weight_decay, global_clipnorm=params.clip_norm
    )


def padded_batches(rows: tf.data.Dataset, batch_size: int, length: int) -> tf.data.Dataset:
    """Pad all rows to the same length.

    Args:
        rows: Token ids and labels, as `models.training.batching.read_rows` gives them.
        batch_size: Rows per step.
        length: Tokens per row, no fewer than any has.

    Returns:
        The three token inputs, int32 `[n, length]`, labels and weights of one.
    """

    def padded(features: dict[str, tf.Tensor], label: tf.Tensor) -> Any:
        mask = tf.ones_like(features["input_word_ids"])
        named = {**features, "input_mask": mask}.items()
        fixed = {name: tf.pad(ids, [[0, length - tf.size(ids)]]) for name, ids in named}
        return fixed, label, 1.0

    return rows.map(padded).batch(batch_size)


@contextmanager
def _standard_operations() -> Iterator[None]:
    with (
        patch("models.encoders.architecture.bert.dropout", _dropout),
        patch("models.encoders.architecture.bert.layer_norm", _layer_norm),
    ):
        yield


def _dropout(inputs: tf.Tensor, rate: float, training: bool, seed: int) -> tf.Tensor:
    return tf.nn.dropout(inputs, rate, seed=seed) if training and rate else inputs


def _layer_norm(inputs: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Do as `keras.layers.LayerNormalization` does for BERT's epsilon, 1e-12."""
    mean, variance = tf.nn.moments(inputs, axes=[-1], keepdims=True)
    return tf.nn.batch_normalization(inputs, mean, variance, beta, gamma, epsilon)


def _rebuilt(module: EncoderModule) -> BertEncoder:
    path = module.vocab_path.with_name(CONFIG_FILE)
    config = BertConfig.model_validate_json(path.read_text(encoding="utf-8"))
    loaded = tf.saved_model.load(str(module.path))
    values = {each.name.split(":")[0]: each.numpy() for each in loaded.variables}
    return BertEncoder(config, lambda name, _: values[name])
