"""The classifier: a TF-Hub BERT encoder, dropout and a dense softmax over its [CLS] vector."""

from typing import Any

import tensorflow as tf
import tensorflow_hub as hub

from models.keras_compat import keras
from models.training.step_randomness import StepDropout, load_module

MIN_CLASSES = 2
INPUT_NAMES = ("input_word_ids", "input_mask", "input_type_ids")


def build_classifier(
    encoder_path: str, num_classes: int, dropout: float, encoder_trainable: bool = True
) -> Any:
    """Build the classifier on top of an encoder module.

    Args:
        encoder_path: Folder of a TF-Hub BERT encoder (`input_word_ids`, `input_mask`,
            `input_type_ids` in, `sequence_output` out); of one that has `cls_vector`, as ours
            do, that is taken.
        num_classes: Number of classes, at least 2.
        dropout: Rate of the dropout before the classification layer, in [0, 1).
        encoder_trainable: Whether training also changes the encoder.

    Returns:
        A Keras model from the three token inputs, int32 `[n, s]`, to logits, float32 `[n, C]`. Its
        dropout, in the encoder and before the last layer, follows `step_randomness.set_step`.

    Raises:
        ValueError: If there are fewer than two classes.

    Source:
        Devlin et al. 2019, section 4.1, arXiv:1810.04805 (there on the pooled output; the vector
        of `[CLS]` itself needs no pooler, which sentence encoders do not train).
    """
    if num_classes < MIN_CLASSES:
        raise ValueError(f"a classifier needs at least {MIN_CLASSES} classes, not {num_classes}")
    inputs = {
        name: keras.layers.Input(shape=(None,), dtype=tf.int32, name=name) for name in INPUT_NAMES
    }
    cls_vector = _cls_vector(encoder_path, encoder_trainable, inputs)
    cls_vector = StepDropout(dropout, name="cls_dropout")(cls_vector)
    initializer = keras.initializers.TruncatedNormal(stddev=0.02)
    dense = keras.layers.Dense(
        num_classes, kernel_initializer=initializer, dtype=tf.float32, name="logits"
    )
    return keras.Model(inputs, dense(cls_vector), name="bert_classifier")


class _ClsEncoder(tf.Module):
    """What `hub.KerasLayer` needs of a module that gives the first tokens' vectors alone."""

    def __init__(self, module: Any) -> None:
        super().__init__(name="cls_encoder")
        self._cls_vector = module.cls_vector
        self._variables = list(module.cls_variables)
        # An exported classifier carries the word pieces: what explains or teaches by it reads them.
        self.vocab_file = module.vocab_file

    def __call__(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Map the token inputs `[n, s]` to float32 `[n, hidden]`."""
        return self._cls_vector(inputs, training=training)


def _cls_vector(encoder_path: str, trainable: bool, inputs: dict[str, Any]) -> Any:
    module = load_module(encoder_path)
    if hasattr(module, "cls_vector"):
        encoder = hub.KerasLayer(_ClsEncoder(module), trainable=trainable, name="encoder")
        return encoder(inputs)
    encoder = hub.KerasLayer(module, trainable=trainable, name="encoder")
    return encoder(inputs)["sequence_output"][:, 0, :]
