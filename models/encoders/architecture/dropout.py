"""Dropout that draws one random byte per activation; TensorFlow's own draws four."""

import tensorflow as tf

_BYTE = 256
_BYTES_PER_WORD = 4


def dropout(inputs: tf.Tensor, rate: float, training: bool, seed: int) -> tf.Tensor:
    """Drop activations while training, and scale the others up to the same mean.

    The rate is rounded to a multiple of 1/256, and the scale is that of the rounded rate. A rate
    that would be rounded to none or to all is left to `tf.nn.dropout`.

    Args:
        inputs: Activations, float32 of any shape.
        rate: Share to drop, in [0, 1).
        training: Whether to drop any.
        seed: Of the operation; different for each place in a model.

    Returns:
        The activations, of the same shape.

    Source:
        Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting".
    """
    if not training:
        return inputs
    dropped = round(rate * _BYTE)
    if dropped in {0, _BYTE}:
        return tf.nn.dropout(inputs, rate, seed=seed)
    shape = tf.shape(inputs)
    kept = _bytes(tf.reduce_prod(shape), seed) >= tf.constant(dropped, tf.uint8)
    scale = _BYTE / (_BYTE - dropped)
    return inputs * tf.reshape(tf.cast(kept, inputs.dtype) * scale, shape)


def _bytes(count: tf.Tensor, seed: int) -> tf.Tensor:
    """Draw `count` bytes, uint8 `[count]`: the random numbers take half of dropout's time."""
    words = -(-count // _BYTES_PER_WORD)
    # An exported graph keeps this seed; without one, no `set_seed` makes trainings repeatable.
    drawn = tf.random.uniform([words], tf.int32.min, tf.int32.max, tf.int32, seed=seed)
    return tf.reshape(tf.bitcast(drawn, tf.uint8), [-1])[:count]
