"""A tiny exported classifier, which a session shares."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of the texts `review` with the classes `one star` and `five stars`."""
    import numpy as np
    import tensorflow as tf
    import tensorflow_transform as tft

    from models.export.signatures import ServingModel, export_model
    from models.params import FeatureNames
    from models.training.classifier import build_classifier
    from tests.models.toy_training import build_still_encoder, transform_graph

    folder = tmp_path_factory.mktemp("biased")
    classifier = build_classifier(str(build_still_encoder(folder / "encoder")), 2, dropout=0.0)
    graph = tft.TFTransformOutput(str(transform_graph(tmp_path_factory, None)))
    names = FeatureNames(text="review", text_pair=None, label="stars")
    # A head that says both: half of these texts are on each side of it.
    weights, head = np.random.default_rng(1).normal(size=(16, 2)), classifier.get_layer("logits")
    head.set_weights([weights, np.zeros(2)])
    texts = tf.constant(["bad shirt", "good movie", "hate it", "very good a b c", "the shoes fits"])
    answer = ServingModel(classifier, graph, names).answer({"review": texts})
    first, second = np.log(answer["probabilities"].numpy()).T
    head.set_weights([weights, np.array([0.0, np.median(first - second) + 1e-3])])
    export_model(classifier, graph, names, str(folder / "Format-Serving"))
    return folder
