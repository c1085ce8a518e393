from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
import tensorflow_hub as hub

from models.training.step_randomness import StepDropout, load_module, set_step

TOKENS = {
    name: tf.ones([4, 7], tf.int32) for name in ("input_word_ids", "input_mask", "input_type_ids")
}


class _Random(tf.Module):
    """A module with every kind of random numbers that dropout is made of, unseeded as on TF-Hub."""

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32)])
    def __call__(self, size: tf.Tensor) -> list[tf.Tensor]:
        shape = [size]
        return [
            tf.random.uniform(shape),
            tf.random.uniform(shape, maxval=1000, dtype=tf.int32),
            tf.random.normal(shape),
            tf.random.truncated_normal(shape),
            tf.random.uniform(shape),
        ]


@pytest.fixture(scope="module")
def module(tiny_encoder: Path) -> Any:
    return load_module(str(tiny_encoder))


def _encoded(module: Any, seed: int, step: int) -> npt.NDArray[np.float32]:
    set_step(seed, step)
    vectors: npt.NDArray[np.float32] = module.cls_vector(TOKENS, training=True).numpy()
    return vectors


def test_an_encoder_that_does_not_train_gives_what_it_gave(module: Any, tiny_encoder: Path) -> None:
    plain = hub.load(str(tiny_encoder))
    np.testing.assert_array_equal(module.cls_vector(TOKENS), plain.cls_vector(TOKENS))


def test_the_same_step_has_the_same_dropout_however_often(module: Any) -> None:
    first = _encoded(module, 1, 5)
    assert not np.array_equal(first, _encoded(module, 1, 6))
    np.testing.assert_array_equal(first, _encoded(module, 1, 5))


def test_another_process_has_the_same_dropout(module: Any, tiny_encoder: Path) -> None:
    # Every load has a number and kernels of its own, as every process has.
    again = load_module(str(tiny_encoder))
    np.testing.assert_array_equal(_encoded(again, 1, 5), _encoded(module, 1, 5))


def test_another_seed_has_another_dropout(module: Any) -> None:
    assert not np.array_equal(_encoded(module, 1, 5), _encoded(module, 2, 5))


def test_operations_without_seeds_differ_from_each_other(tmp_path: Path) -> None:
    tf.saved_model.save(_Random(), str(tmp_path / "module"))
    loaded = load_module(str(tmp_path / "module"))

    def drawn(step: int) -> list[npt.NDArray[Any]]:
        set_step(1, step)
        return [value.numpy() for value in loaded(tf.constant(5))]

    first, second = drawn(1), drawn(2)
    for one, other, again in zip(first, second, drawn(1), strict=True):
        assert not np.array_equal(one, other)
        np.testing.assert_array_equal(one, again)
    assert not np.array_equal(first[0], first[4])
    assert first[1].min() >= 0
    assert first[1].max() < 1000


def test_the_layer_drops_its_share_and_keeps_the_mean() -> None:
    layer = StepDropout(0.25, name="dropout")
    set_step(1, 1)
    values = layer(tf.ones([40_000]), training=True).numpy()
    assert set(np.unique(values)) == {0.0, np.float32(1 / 0.75)}
    assert (values == 0).mean() == pytest.approx(0.25, abs=0.01)  # over four standard deviations
    np.testing.assert_array_equal(values, layer(tf.ones([40_000]), training=True))
    set_step(1, 2)
    assert not np.array_equal(values, layer(tf.ones([40_000]), training=True))


def test_the_layer_leaves_alone_what_is_not_trained() -> None:
    inputs = tf.ones([10])
    assert StepDropout(0.5, name="dropout")(inputs, training=False) is inputs
    assert StepDropout(0.0, name="dropout")(inputs, training=True) is inputs
