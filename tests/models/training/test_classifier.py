from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_hub as hub

from models.training.classifier import build_classifier


def _tokens(ids: list[list[int]], mask: list[list[int]]) -> dict[str, tf.Tensor]:
    words = tf.constant(ids, tf.int32)
    return {
        "input_word_ids": words,
        "input_mask": tf.constant(mask, tf.int32),
        "input_type_ids": tf.zeros_like(words),
    }


TOKENS = _tokens([[2, 50, 51, 3], [2, 60, 3, 0]], [[1, 1, 1, 1], [1, 1, 1, 0]])


@pytest.fixture(scope="module")
def classifier(tiny_encoder: Path) -> Any:
    return build_classifier(str(tiny_encoder), num_classes=3, dropout=0.5)


def test_logits_are_a_linear_map_of_the_cls_vector(classifier: Any, tiny_encoder: Path) -> None:
    cls_vectors = hub.load(str(tiny_encoder))(TOKENS, training=False)["sequence_output"][:, 0]
    kernel, bias = classifier.get_layer("logits").get_weights()

    logits = classifier(TOKENS, training=False)

    assert logits.shape == (2, 3)
    assert logits.dtype == tf.float32
    np.testing.assert_allclose(logits, cls_vectors.numpy() @ kernel + bias, atol=1e-5)


def test_a_module_without_cls_vectors_gives_the_same(
    classifier: Any, tiny_encoder: Path, tmp_path: Path
) -> None:
    module, plain = hub.load(str(tiny_encoder)), tf.train.Checkpoint()
    plain.__call__ = module.__call__
    plain.trainable_variables = list(module.trainable_variables)
    plain.variables = list(module.variables)
    plain.regularization_losses = []
    tf.saved_model.save(plain, str(tmp_path / "plain"))
    other = build_classifier(str(tmp_path / "plain"), num_classes=3, dropout=0.5)
    other.get_layer("logits").set_weights(classifier.get_layer("logits").get_weights())
    expected = classifier(TOKENS, training=False)
    np.testing.assert_allclose(other(TOKENS, training=False), expected, atol=1e-5)


def test_what_the_cls_vector_depends_on_is_trained_and_nothing_else(classifier: Any) -> None:
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(classifier(TOKENS, training=True)))
    gradients = tape.gradient(loss, classifier.trainable_variables)
    assert len(classifier.variables) == 3 + 2 + 2 * 12 + 2  # embeddings, norm, two blocks, logits
    assert [v.name for v, g in zip(classifier.variables, gradients, strict=True) if g is None] == []


def test_padding_changes_nothing(classifier: Any) -> None:
    padded = _tokens([[2, 60, 3, 0, 0, 0, 0]], [[1, 1, 1, 0, 0, 0, 0]])
    bare = _tokens([[2, 60, 3]], [[1, 1, 1]])

    expected = classifier(bare, training=False)
    np.testing.assert_allclose(classifier(padded, training=False), expected, atol=1e-5)


def test_dropout_is_for_training_only(classifier: Any) -> None:
    at_rest = classifier(TOKENS, training=False)

    np.testing.assert_array_equal(classifier(TOKENS, training=False), at_rest)
    assert not np.allclose(classifier(TOKENS, training=True), at_rest)


def test_the_encoder_is_trained_too(classifier: Any) -> None:
    names = {weight.name for weight in classifier.trainable_variables}

    assert any("word_embeddings" in name for name in names)
    assert len(names) > 30


def test_the_encoder_can_be_left_as_it_is(tiny_encoder: Path) -> None:
    classifier = build_classifier(str(tiny_encoder), 2, dropout=0.0, encoder_trainable=False)

    names = {weight.name for weight in classifier.trainable_variables}
    assert names == {"logits/kernel:0", "logits/bias:0"}


def test_one_class_is_refused(tiny_encoder: Path) -> None:
    with pytest.raises(ValueError, match="at least 2 classes, not 1"):
        build_classifier(str(tiny_encoder), 1, dropout=0.0)
