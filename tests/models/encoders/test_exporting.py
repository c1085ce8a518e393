import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_hub as hub

from models.keras_compat import keras
from tests.tiny_encoder import HIDDEN_SIZE, VOCAB, build_tiny_encoder

INPUTS = {
    "input_word_ids": tf.constant([[2, 5, 6, 3], [2, 7, 3, 0]]),
    "input_mask": tf.constant([[1, 1, 1, 1], [1, 1, 1, 0]]),
    "input_type_ids": tf.zeros([2, 4], tf.int32),
}


@pytest.fixture(scope="module")
def layer(tiny_encoder: Path) -> hub.KerasLayer:
    return hub.KerasLayer(str(tiny_encoder), trainable=True)


def test_a_keras_layer_gives_both_outputs(layer: hub.KerasLayer) -> None:
    outputs = layer(INPUTS)

    assert outputs["sequence_output"].shape == (2, 4, HIDDEN_SIZE)
    assert outputs["pooled_output"].shape == (2, HIDDEN_SIZE)


def test_a_keras_layer_works_in_a_functional_model_at_any_length(layer: hub.KerasLayer) -> None:
    inputs = {name: keras.Input([None], dtype=tf.int32, name=name) for name in INPUTS}
    model = keras.Model(inputs, layer(inputs)["sequence_output"])

    assert model(INPUTS).shape == (2, 4, HIDDEN_SIZE)
    assert model({name: value[:1, :2] for name, value in INPUTS.items()}).shape[:2] == (1, 2)


def test_dropout_is_active_in_training_only(layer: hub.KerasLayer) -> None:
    still = layer(INPUTS, training=False)["pooled_output"]

    np.testing.assert_array_equal(layer(INPUTS, training=False)["pooled_output"], still)
    assert np.abs(layer(INPUTS, training=True)["pooled_output"] - still).max() > 1e-3


def test_gradients_reach_every_reloaded_variable(layer: hub.KerasLayer) -> None:
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(INPUTS, training=True)["pooled_output"])
    gradients = tape.gradient(loss, layer.trainable_variables)

    assert len(gradients) == 3 + 2 + 2 * 12 + 2  # embeddings, their norm, two blocks, pooler
    assert all(gradient is not None for gradient in gradients)


def test_reloaded_variables_keep_their_names(layer: hub.KerasLayer) -> None:
    names = {variable.name for variable in layer.trainable_variables}

    assert "layer_1/attention/layer_norm/gamma:0" in names
    assert "layer_0/attention/qkv/bias:0" in names


def test_the_module_carries_its_vocabulary_and_casing(tmp_path: Path) -> None:
    module = hub.load(str(build_tiny_encoder(tmp_path / "cased", do_lower_case=False)))

    vocab = Path(module.vocab_file.asset_path.numpy().decode())
    assert vocab.read_text(encoding="utf-8").split() == VOCAB
    assert vocab.parent == tmp_path / "cased" / "assets"
    assert not module.do_lower_case.numpy()


def test_nothing_is_left_beside_the_module(tmp_path: Path) -> None:
    build_tiny_encoder(tmp_path / "modules" / "tiny")

    assert [path.name for path in (tmp_path / "modules").iterdir()] == ["tiny"]


@pytest.mark.slow
def test_another_process_gives_the_same_numbers(
    layer: hub.KerasLayer, tiny_encoder: Path, tmp_path: Path
) -> None:
    code = (
        "import sys, numpy, tensorflow as tf\n"
        "module = tf.saved_model.load(sys.argv[1])\n"
        "ids = tf.constant([[2, 5, 6, 3]])\n"
        "inputs = dict(input_word_ids=ids, input_mask=tf.ones_like(ids),\n"
        "              input_type_ids=tf.zeros_like(ids))\n"
        "numpy.save(sys.argv[2], module(inputs, training=False)['pooled_output'])"
    )
    saved = tmp_path / "pooled.npy"

    subprocess.run([sys.executable, "-c", code, str(tiny_encoder), str(saved)], check=True)

    expected = layer(INPUTS, training=False)["pooled_output"][:1]
    np.testing.assert_allclose(np.load(saved), expected, atol=1e-6)


@pytest.mark.slow
def test_it_trains_on_two_mirrored_devices(tiny_encoder: Path) -> None:
    code = f"""
import models.keras_compat
from models.keras_compat import keras
import numpy as np, tensorflow as tf, tensorflow_hub as hub
device = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
names = ("input_word_ids", "input_mask", "input_type_ids")
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    layer = hub.KerasLayer({str(tiny_encoder)!r}, trainable=True)
    inputs = {{name: keras.Input([None], dtype=tf.int32, name=name) for name in names}}
    outputs = keras.layers.Dense(2)(layer(inputs)["pooled_output"])
    model = keras.Model(inputs, outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss)
before = [variable.numpy() for variable in layer.trainable_variables]
ids = np.tile([[2, 5, 3], [2, 6, 3]], [8, 1]).astype("int32")
features = dict(zip(names, (ids, np.ones_like(ids), np.zeros_like(ids))))
model.fit(features, np.tile([0, 1], 8), batch_size=4, verbose=0)
for variable, old in zip(layer.trainable_variables, before):
    assert not np.array_equal(variable.numpy(), old), variable.name
    np.testing.assert_array_equal(*[copy.numpy() for copy in variable.values])
"""
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)
