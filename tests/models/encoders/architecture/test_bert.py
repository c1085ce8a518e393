import numpy as np
import pytest
import tensorflow as tf

from models.encoders.architecture.bert import BertConfig, BertEncoder, random_weights

CONFIG = BertConfig(
    vocab_size=20,
    hidden_size=8,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=16,
    max_position_embeddings=12,
)


@pytest.fixture
def encoder() -> BertEncoder:
    return BertEncoder(CONFIG, random_weights(3, deviation=0.3))


def _inputs(word_ids: list[list[int]], padding: int = 0) -> dict[str, tf.Tensor]:
    ids = tf.constant(word_ids, tf.int32)
    mask = tf.ones_like(ids)
    return {
        "input_word_ids": tf.pad(ids, [[0, 0], [0, padding]], constant_values=7),
        "input_mask": tf.pad(mask, [[0, 0], [0, padding]]),
        "input_type_ids": tf.zeros([len(word_ids), ids.shape[1] + padding], tf.int32),
    }


def test_outputs_have_the_shapes_of_tf_hubs_interface(encoder: BertEncoder) -> None:
    outputs = encoder(_inputs([[1, 2, 3], [4, 5, 6]]), training=False)

    assert outputs["sequence_output"].shape == (2, 3, 8)
    assert outputs["pooled_output"].shape == (2, 8)
    assert len(outputs["encoder_outputs"]) == 2


def test_padding_does_not_change_the_tokens(encoder: BertEncoder) -> None:
    short = encoder(_inputs([[1, 2, 3]]), training=False)["sequence_output"]
    padded = encoder(_inputs([[1, 2, 3]], padding=6), training=False)["sequence_output"]

    np.testing.assert_allclose(padded[:, :3], short, atol=1e-5)


def test_order_and_segments_matter(encoder: BertEncoder) -> None:
    plain = _inputs([[1, 2, 3]])
    second = plain | {"input_type_ids": tf.constant([[0, 1, 1]])}
    first = encoder(plain, training=False)["pooled_output"]

    assert np.abs(encoder(second, training=False)["pooled_output"] - first).max() > 1e-3
    swapped = encoder(_inputs([[1, 3, 2]]), training=False)["pooled_output"]
    assert np.abs(swapped - first).max() > 1e-3


def test_first_tokens_alone_are_the_same_and_learn_the_same() -> None:
    still = CONFIG.model_copy(
        update={"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    )
    encoder = BertEncoder(still, random_weights(3, deviation=0.3))
    inputs = _inputs([[1, 2, 3], [4, 5, 6]], padding=2)
    variables = encoder.cls_variables()
    with tf.GradientTape(persistent=True) as tape:
        full = encoder(inputs, training=True)["sequence_output"][:, 0]
        alone = encoder.cls_vector(inputs, training=True)
        losses = [tf.reduce_sum(tf.sin(vectors)) for vectors in (full, alone)]
    np.testing.assert_allclose(alone, full, atol=1e-5)
    expected, found = (tape.gradient(loss, variables) for loss in losses)
    for variable, ours, theirs in zip(variables, found, expected, strict=True):
        np.testing.assert_allclose(
            tf.convert_to_tensor(ours),
            tf.convert_to_tensor(theirs),
            atol=1e-5,
            err_msg=variable.name,
        )
    left = {v.name for v in encoder.variables} - {v.name for v in variables}
    assert left == {"pooler/kernel:0", "pooler/bias:0"}


def test_dropout_is_active_in_training_only(encoder: BertEncoder) -> None:
    inputs = _inputs([[1, 2, 3]])
    still = encoder(inputs, training=False)["pooled_output"]

    np.testing.assert_array_equal(encoder(inputs, training=False)["pooled_output"], still)
    assert np.abs(encoder(inputs, training=True)["pooled_output"] - still).max() > 1e-3


def test_gradients_reach_every_variable(encoder: BertEncoder) -> None:
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(encoder(_inputs([[1, 2, 3]]), training=True)["pooled_output"])
    gradients = tape.gradient(loss, encoder.trainable_variables)

    without = [
        variable.name
        for variable, gradient in zip(encoder.trainable_variables, gradients, strict=True)
        if gradient is None
    ]
    assert without == []


def test_names_tell_what_weight_decay_leaves_alone(encoder: BertEncoder) -> None:
    spared = {v.name for v in encoder.variables if "bias" in v.name or "layer_norm" in v.name}
    vectors = {v.name for v in encoder.variables if v.shape.rank == 1}

    assert spared == vectors
    assert len({v.name for v in encoder.variables}) == len(encoder.variables)
