"""The SavedModel that the pipeline exports: a tiny encoder, and weights that decide something."""

from pathlib import Path

import numpy as np
import pytest

from models.params import FeatureNames
from tests.models.toy_training import build_still_encoder, transform_graph


def export_text_model(tmp_path_factory: pytest.TempPathFactory, text_pair: str | None) -> Path:
    """Export a classifier of the text `review`.

    Args:
        tmp_path_factory: Gives the folders.
        text_pair: Name of a second text, if there is to be one.

    Returns:
        The version folder, `1`.
    """
    import tensorflow as tf
    import tensorflow_transform as tft

    from models.export.signatures import export_model
    from models.training.classifier import build_classifier

    folder = tmp_path_factory.mktemp("batched")
    tf.random.set_seed(1)
    classifier = build_classifier(str(build_still_encoder(folder / "encoder")), 2, dropout=0.5)
    head = classifier.get_layer("logits")
    head.set_weights([np.random.default_rng(1).normal(size=(16, 2)), np.array([0.1, -0.1])])
    graph = tft.TFTransformOutput(str(transform_graph(tmp_path_factory, text_pair)))
    features = FeatureNames(text="review", text_pair=text_pair, label="stars")
    export_model(classifier, graph, features, str(folder / "model" / "1"))
    return folder / "model" / "1"
