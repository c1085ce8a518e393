from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from models.keras_compat import keras
from models.params import TrainParams
from models.training.optimization import WarmupLinearDecay, build_optimizer

# The names are those of this project's encoder, of TF-Hub's BERT and of Hugging Face's.
NAMES = {
    "layer_0/attention/qkv/kernel": True,
    "word_embeddings/embeddings": True,
    "logits/kernel": True,
    "logits/bias": False,
    "layer_0/attention/layer_norm/gamma": False,
    "embeddings/layer_norm/beta": False,
    "transformer/layer_1/output_layer_norm/gamma": False,
    "encoder/layer/0/output/LayerNorm/beta": False,
}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (0, 0.1),  # one tenth of the way up: no step is lost on a rate of 0
        (4, 0.5),
        (9, 1.0),
        (10, 1.0),  # the end of the warm-up: the peak
        (55, 0.5),  # half of the 90 steps down
        (99, 1 / 90),  # the last step still learns
        (100, 0.0),
        (150, 0.0),
    ],
)
def test_the_learning_rate_rises_and_falls_linearly(step: int, expected: float) -> None:
    schedule = WarmupLinearDecay(peak=1.0, total_steps=100, warmup_steps=10)

    assert float(schedule(tf.constant(step, tf.int64))) == pytest.approx(expected)


def test_without_warmup_the_learning_rate_starts_at_its_peak() -> None:
    schedule = WarmupLinearDecay(peak=2e-4, total_steps=4, warmup_steps=0)

    rates = [float(schedule(tf.constant(step))) for step in range(4)]
    assert rates == pytest.approx([2e-4, 1.5e-4, 1e-4, 0.5e-4])


def test_a_training_of_one_step_learns() -> None:
    optimizer = build_optimizer(TrainParams(learning_rate=0.5, warmup_fraction=0.9), total_steps=1)

    assert float(optimizer.learning_rate) == pytest.approx(0.5)


def test_the_schedule_can_be_made_again_from_its_settings() -> None:
    schedule = WarmupLinearDecay(peak=0.5, total_steps=7, warmup_steps=2)

    copy = WarmupLinearDecay.from_config(schedule.get_config())
    assert float(copy(tf.constant(3))) == float(schedule(tf.constant(3)))


def test_warmup_is_a_share_of_all_steps() -> None:
    params = TrainParams(learning_rate=0.5, warmup_fraction=0.25)

    schedule = build_optimizer(params, total_steps=43).get_config()["learning_rate"]

    assert schedule["config"] == {"peak": 0.5, "total_steps": 43, "warmup_steps": 10}


def _step(params: TrainParams, values: Any, gradients: Any, names: Any) -> list[Any]:
    """Take one optimizer step at the full learning rate; give the new values."""
    variables = [
        tf.Variable(value, name=name, dtype=tf.float32)
        for value, name in zip(values, names, strict=True)
    ]
    optimizer = build_optimizer(params, total_steps=1)
    optimizer.build(variables)
    tensors = [tf.constant(gradient, tf.float32) for gradient in gradients]
    optimizer.apply_gradients(zip(tensors, variables, strict=True))
    return [variable.numpy() for variable in variables]


def test_biases_and_layer_norms_are_not_decayed() -> None:
    params = TrainParams(learning_rate=0.5, warmup_fraction=0.0, weight_decay=0.1)

    after = _step(params, [[2.0]] * len(NAMES), [[0.0]] * len(NAMES), NAMES)

    # Without a gradient, only the decay is left: 2 - 0.5 * 0.1 * 2.
    expected = [1.9 if decayed else 2.0 for decayed in NAMES.values()]
    assert np.concatenate(after).tolist() == pytest.approx(expected)


def test_gradients_are_clipped_by_their_common_norm() -> None:
    # The norm of both gradients together is 5; clipped to 0.5, they are 0.3 and 0.4.
    assert _first_moments([3.0, 4.0], clip_norm=0.5) == pytest.approx([0.03, 0.04])


def test_small_gradients_are_not_clipped() -> None:
    assert _first_moments([3.0, 4.0], clip_norm=10.0) == pytest.approx([0.3, 0.4])


def _first_moments(gradients: list[float], clip_norm: float) -> list[float]:
    """Take one step; give Adam's first moments: a tenth of the gradients that it was given."""
    optimizer = build_optimizer(TrainParams(clip_norm=clip_norm), total_steps=1)
    variables = [tf.Variable(0.0) for _ in gradients]
    optimizer.build(variables)
    tensors = [tf.constant(gradient) for gradient in gradients]
    optimizer.apply_gradients(zip(tensors, variables, strict=True))
    return [float(slot) for slot in optimizer.variables if "m/" in slot.name]


def test_the_first_step_moves_by_the_learning_rate() -> None:
    # Adam's first step is the learning rate times the gradient's sign (Kingma and Ba, section 2.1).
    params = TrainParams(learning_rate=0.5, warmup_fraction=0.0, weight_decay=0.0)

    after = _step(params, [[1.0], [1.0]], [[0.3], [-0.2]], ["a/kernel", "b/kernel"])

    assert np.concatenate(after).tolist() == pytest.approx([0.5, 1.5], abs=1e-4)


def test_steps_are_those_of_keras() -> None:
    params = TrainParams(learning_rate=0.1, warmup_fraction=0.0, weight_decay=0.1, clip_norm=0.7)
    ours = build_optimizer(params, total_steps=5)
    theirs = keras.optimizers.AdamW(
        learning_rate=WarmupLinearDecay(0.1, total_steps=5, warmup_steps=0),
        weight_decay=0.1,
        epsilon=1e-6,
        global_clipnorm=0.7,
    )
    generator = np.random.default_rng(1)
    ours_at, theirs_at = (tf.Variable(tf.ones([4, 3]), name="kernel") for _ in range(2))

    for _ in range(5):
        gradient = tf.constant(generator.normal(size=(4, 3)), tf.float32)
        ours.apply_gradients([(gradient, ours_at)])
        theirs.apply_gradients([(gradient, theirs_at)])

    np.testing.assert_allclose(ours_at, theirs_at, rtol=1e-5)  # float32, rounded elsewhere


def test_float16_has_a_loss_scale() -> None:
    optimizer = build_optimizer(TrainParams(), total_steps=1, precision="float16")

    assert isinstance(optimizer, keras.mixed_precision.LossScaleOptimizer)
    assert float(optimizer.loss_scale) == 2**15


def test_the_optimizer_belongs_to_keras_2() -> None:
    optimizer = build_optimizer(TrainParams(), total_steps=1)

    assert isinstance(optimizer, keras.optimizers.Optimizer)


def test_a_repeated_token_is_clipped_as_one() -> None:
    # Row 1 gets 3 + 1 = 4, row 2 gets 3: a norm of 5. Listed by token it would be less.
    table = tf.Variable(tf.zeros([3, 1]))
    optimizer = build_optimizer(TrainParams(clip_norm=0.5), total_steps=1)
    optimizer.build([table])
    listed = tf.IndexedSlices(tf.constant([[3.0], [1.0], [3.0]]), tf.constant([1, 1, 2]), (3, 1))

    optimizer.apply_gradients([(listed, table)])

    moments = next(slot for slot in optimizer.variables if "m/" in slot.name)
    assert moments.numpy().ravel().tolist() == pytest.approx([0.0, 0.04, 0.03])
