"""Fixtures: the server's tiny classifier, and rows of the eval split as Transform writes them."""

from pathlib import Path
from typing import Any

import pytest

from tests.serving.engines.tiny_classifier import export_tiny


@pytest.fixture(scope="session")
def saved_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny SavedModel; not to be changed."""
    folder = tmp_path_factory.mktemp("optimizer") / "model"
    export_tiny(folder)
    return folder


def write_examples(folder: Path, rows: list[list[int]], labels: list[int]) -> Path:
    """Write transformed rows."""
    import tensorflow as tf

    folder.mkdir(parents=True)
    with tf.io.TFRecordWriter(str(folder / "rows-00000.gz"), "GZIP") as writer:
        for row, label in zip(rows, labels, strict=True):
            example = tf.train.Example()
            example.features.feature["input_word_ids"].int64_list.value.extend(row)
            example.features.feature["label"].int64_list.value.append(label)
            writer.write(example.SerializeToString())
    return folder


def export_unknown(folder: Path) -> None:
    """Write a SavedModel whose signature `tokens` has an operation that OpenVINO cannot convert."""
    import models.keras_compat  # noqa: F401  (decides on Keras 2 before TensorFlow is imported)

    tf = __import__("tensorflow")
    module = tf.Module()

    def tokens(input_word_ids: Any, input_mask: Any, input_type_ids: Any) -> dict[str, Any]:
        sums = tf.cast(tf.reduce_sum(input_word_ids + input_mask + input_type_ids, 1), tf.float32)
        return {"probabilities": tf.math.betainc(1.0, 1.0, sums[:, tf.newaxis] / 1e6)}

    names = ("input_word_ids", "input_mask", "input_type_ids")
    specs = [tf.TensorSpec([None, None], tf.int32, name=name) for name in names]
    function = tf.function(tokens, input_signature=specs)
    tf.saved_model.save(module, str(folder), signatures={"tokens": function})
