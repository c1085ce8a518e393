import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from models.encoders.architecture.dropout import dropout

ONES = tf.ones([300, 1001])  # not a multiple of the four bytes of a word


@pytest.mark.parametrize(("rate", "dropped"), [(0.1, 26 / 256), (0.5, 0.5), (0.997, 255 / 256)])
def test_the_rate_is_rounded_and_the_mean_stays(rate: float, dropped: float) -> None:
    tf.random.set_seed(1)
    found = dropout(ONES, rate, training=True, seed=5).numpy()

    # A share's standard error is at most 0.5 / sqrt(300,300) < 0.001.
    assert (found == 0).mean() == pytest.approx(dropped, abs=4e-3)
    np.testing.assert_allclose(found[found != 0], 1 / (1 - dropped), rtol=1e-6)
    assert found.mean() == pytest.approx(1.0, abs=4e-3 / (1 - dropped))


@pytest.mark.parametrize("rate", [0.001, 0.999])
def test_a_rate_that_a_byte_cannot_tell_is_kept(rate: float) -> None:
    tf.random.set_seed(1)
    found = dropout(ONES, rate, training=True, seed=5).numpy()

    assert (found == 0).mean() == pytest.approx(rate, abs=3e-4)
    np.testing.assert_allclose(found[found != 0], 1 / (1 - rate), rtol=1e-5)


def test_neighbours_are_dropped_independently() -> None:
    tf.random.set_seed(1)
    dropped = dropout(ONES, 0.25, training=True, seed=5).numpy() == 0

    for distance in (1, 2, 3, 4):
        both = (dropped[:, distance:] & dropped[:, :-distance]).mean()
        assert both == pytest.approx(0.25**2, abs=4e-3)


def test_the_gradient_is_that_of_what_was_kept() -> None:
    inputs = tf.random.stateless_normal([7, 5, 3], seed=[1, 2])
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        found = dropout(inputs, 0.3, training=True, seed=5)
        loss = tf.reduce_sum(tf.square(found))

    # d(sum((x k)^2)) / dx = 2 x k^2, where k = found / x.
    expected = 2 * found.numpy() ** 2 / inputs.numpy()
    np.testing.assert_allclose(tape.gradient(loss, inputs), expected, rtol=1e-5)


@pytest.mark.parametrize(("rate", "training"), [(0.3, False), (0.0, True)])
def test_nothing_is_dropped_otherwise(rate: float, training: bool) -> None:
    assert dropout(ONES, rate, training=training, seed=5) is ONES


def test_the_seed_makes_it_repeatable_and_each_call_different() -> None:
    def twice(seed: int) -> list[npt.NDArray[np.float32]]:
        tf.random.set_seed(1)
        step = tf.function(lambda: dropout(ONES, 0.5, training=True, seed=seed))
        return [step().numpy(), step().numpy()]

    first, again, other = twice(5), twice(5), twice(6)

    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[1]).mean() == pytest.approx(0.5, abs=0.01)
    assert (first[0] != other[0]).mean() == pytest.approx(0.5, abs=0.01)
