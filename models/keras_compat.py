"""The one place that imports Keras: Keras 2, because TF-Hub's `KerasLayer` needs it.

Import this module before TensorFlow, and take `keras` from here:
`from models.keras_compat import keras`.

Source:
    https://www.tensorflow.org/api_docs/python/tf/keras (TF 2.16: `TF_USE_LEGACY_KERAS`).
"""

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"  # before TensorFlow: it chooses `tf.keras` once

import tf_keras as keras

__all__ = ["keras"]
