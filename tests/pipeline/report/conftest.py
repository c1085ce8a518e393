import models.keras_compat  # noqa: F401  (decides on Keras 2 before TensorFlow is imported)
