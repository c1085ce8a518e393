"""The loss of a student: the teacher's probabilities beside the labels."""

from typing import Any

import tensorflow as tf

from models.keras_compat import keras
from models.params import DistillationParams, TrainParams


class DistillationLoss(keras.losses.Loss):
    """Pull the student's probabilities towards the teacher's, both softened, and to the labels.

    `alpha * T^2 * KL(teacher_T || student_T) + (1 - alpha) * cross entropy of the labels`, where
    `T` divides the logits. Rows that no teacher has seen have the cross entropy alone.

    Source:
        Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network", section 2,
        arXiv:1503.02531 (T^2 keeps the gradients' size whatever the temperature).
    """

    def __init__(self, params: DistillationParams) -> None:
        """Fix the weights.

        Args:
            params: Weight and temperature.
        """
        super().__init__(name="distillation")
        self._params = params

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each row.

        Args:
            y_true: Labels `[n]` or `[n, 1]`; or float32 `[n, 1 + C]`, the teacher's
                log-probabilities after the label.
            y_pred: The student's logits, float32 `[n, C]`.

        Returns:
            float32 `[n]`.
        """
        from_labels = keras.losses.sparse_categorical_crossentropy(
            _labels(y_true), y_pred, from_logits=True
        )
        if y_true.shape.rank == 1 or y_true.shape[-1] == 1:
            return from_labels
        alpha, temperature = self._params.alpha, self._params.temperature
        teacher = tf.nn.log_softmax(y_true[:, 1:] / temperature)
        student = tf.nn.log_softmax(y_pred / temperature)
        divergence = tf.reduce_sum(tf.exp(teacher) * (teacher - student), axis=-1)
        return alpha * temperature**2 * divergence + (1.0 - alpha) * from_labels


class LabelAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """The share of rows with the right label, whatever a teacher said of them."""

    def update_state(self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: Any = None) -> Any:
        """Count the rows of a batch; for the shapes see `DistillationLoss.call`."""
        return super().update_state(_labels(y_true), y_pred, sample_weight)


def training_loss(params: TrainParams) -> Any:
    """Choose the loss.

    Args:
        params: With a teacher or without.

    Returns:
        A Keras loss from labels and logits.
    """
    if params.teacher is None:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return DistillationLoss(params.distillation)


def _labels(y_true: tf.Tensor) -> tf.Tensor:
    return y_true if y_true.shape.rank == 1 else y_true[:, 0]
