import math

import numpy as np
import pytest
import tensorflow as tf

from models.params import DistillationParams, TrainParams
from models.training.distillation import DistillationLoss, LabelAccuracy, training_loss

UNDECIDED = tf.constant([[0.0, 0.0]])  # logits of a student
TEACHER = [math.log(0.8), math.log(0.2)]


def _loss(alpha: float, temperature: float, target: list[float], logits: tf.Tensor) -> float:
    loss = DistillationLoss(DistillationParams(alpha=alpha, temperature=temperature))
    return float(loss(tf.constant([target]), logits))


def test_the_divergence_from_the_teacher() -> None:
    # 0.8 log(0.8 / 0.5) + 0.2 log(0.2 / 0.5)
    assert _loss(1.0, 1.0, [0.0, *TEACHER], UNDECIDED) == pytest.approx(0.192745, abs=1e-6)


def test_temperature_softens_the_teacher_and_keeps_the_size() -> None:
    # The square roots of 0.8 and 0.2 are as 2 to 1: 4 (2/3 log(4/3) + 1/3 log(2/3)).
    assert _loss(1.0, 2.0, [0.0, *TEACHER], UNDECIDED) == pytest.approx(0.226532, abs=1e-6)


def test_the_rest_of_the_weight_is_the_labels() -> None:
    # Half of the above, and half of log 2.
    assert _loss(0.5, 2.0, [1.0, *TEACHER], UNDECIDED) == pytest.approx(0.459840, abs=1e-6)


def test_a_student_that_agrees_has_nothing_to_learn() -> None:
    logits = tf.constant([TEACHER]) + 5.0
    assert _loss(1.0, 3.0, [1.0, *TEACHER], logits) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("labels", [[1, 0], [[1], [0]]])
def test_rows_without_a_teacher_have_the_loss_of_their_labels(labels: list[object]) -> None:
    logits = tf.constant([[0.0, math.log(3.0)], [0.0, math.log(3.0)]])
    losses = DistillationLoss(DistillationParams()).call(tf.constant(labels), logits)
    np.testing.assert_allclose(losses, [math.log(4 / 3), math.log(4)], rtol=1e-6)


def test_the_weights_of_rows_count() -> None:
    loss = DistillationLoss(DistillationParams(alpha=1.0, temperature=1.0))
    targets = tf.constant([[0.0, *TEACHER]] * 2)
    weighted = loss(targets, tf.constant([[0.0, 0.0]] * 2), sample_weight=tf.constant([3.0, 0.0]))
    assert float(weighted) == pytest.approx(1.5 * 0.192745, abs=1e-6)


def test_accuracy_is_that_of_the_labels() -> None:
    metric = LabelAccuracy()
    metric.update_state(
        tf.constant([[1.0, *TEACHER], [0.0, *TEACHER]]), tf.constant([[0.0, 1]] * 2)
    )
    metric.update_state(tf.constant([1, 1], tf.int64), tf.constant([[0.0, 1]] * 2))
    assert float(metric.result()) == pytest.approx(3 / 4)


def test_without_a_teacher_the_loss_is_the_usual_one() -> None:
    assert not isinstance(training_loss(TrainParams()), DistillationLoss)
    assert isinstance(training_loss(TrainParams(teacher="model")), DistillationLoss)
