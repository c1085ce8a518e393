import numpy as np
import tensorflow as tf

from models.encoders.architecture.normalization import layer_norm
from models.keras_compat import keras

EPSILON = 1e-12
HIDDEN = 48


def test_values_and_gradients_are_those_of_keras() -> None:
    generator = np.random.default_rng(3)
    inputs = tf.constant(generator.normal(2.0, 3.0, (4, 7, HIDDEN)), tf.float32)
    upstream = tf.constant(generator.normal(0.0, 1.0, inputs.shape), tf.float32)
    theirs = keras.layers.LayerNormalization(epsilon=EPSILON)
    theirs.build(inputs.shape)
    gamma, beta = theirs.weights
    gamma.assign(generator.normal(1.0, 0.3, HIDDEN))
    beta.assign(generator.normal(0.0, 0.3, HIDDEN))

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        ours = layer_norm(inputs, gamma, beta, EPSILON)
        wanted = theirs(inputs)

    np.testing.assert_allclose(ours, wanted, atol=2e-6)
    sources = [inputs, gamma, beta]
    found = tape.gradient(ours, sources, upstream)
    for gradient, expected in zip(found, tape.gradient(wanted, sources, upstream), strict=True):
        np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)


def test_equal_activations_become_the_offset() -> None:
    inputs = tf.fill([1, 2, HIDDEN], 7.5)
    beta = tf.range(HIDDEN, dtype=tf.float32)

    found = layer_norm(inputs, tf.ones([HIDDEN]), beta, EPSILON)

    np.testing.assert_array_equal(found, np.tile(np.arange(HIDDEN), (1, 2, 1)))
