"""Fixtures: the server's tiny classifier, and rows of the eval split as Transform writes them."""

from pathlib import Path

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
