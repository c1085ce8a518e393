"""Batches of rows: answers are those of the signatures, vectors are those of the encoder."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from bert_aas.contracts.errors import InvalidInputError
from models.export import answering
from models.export.answering import BatchModel
from models.export.signatures import export_model
from models.params import FeatureNames
from models.training.classifier import build_classifier
from tests.models.toy_training import build_still_encoder, transform_graph

TEXTS = ["good", "the movie is a very very good shirt", "", "bad shirt bad", "hate a b c"] * 9


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("answering")
    classifier = build_classifier(str(build_still_encoder(folder / "encoder")), 2, dropout=0.5)
    head = classifier.get_layer("logits")
    head.set_weights([np.random.default_rng(1).normal(size=(16, 2)), np.array([0.1, -0.1])])
    graph = tft.TFTransformOutput(str(transform_graph(tmp_path_factory, None)))
    names = FeatureNames(text="review", text_pair=None, label="stars")
    export_model(classifier, graph, names, str(folder / "model"))
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> BatchModel:
    return BatchModel(str(folder / "model"))


def example(text: str) -> bytes:
    made = tf.train.Example()
    made.features.feature["review"].bytes_list.value.append(text.encode())
    return bytes(made.SerializeToString())


def test_answers_are_those_of_single_rows(model: BatchModel, folder: Path) -> None:
    alone = tf.saved_model.load(str(folder / "model"))
    answer = alone.signatures["serving_default"]
    expected = [answer(text=tf.constant([text]))["probabilities"].numpy()[0] for text in TEXTS]
    found = model.of_texts([(text,) for text in TEXTS]).probabilities
    assert np.abs(found - np.stack(expected)).max() < 1e-5
    assert np.ptp(found[:, 0]) > 0.01  # texts are told apart, so an order that is mixed up shows
    examples = model.of_examples([example(text) for text in TEXTS]).probabilities
    assert np.abs(examples - found).max() < 1e-5


def test_vectors_are_those_of_the_encoder(model: BatchModel, folder: Path) -> None:
    encoder = tf.saved_model.load(str(folder / "encoder"))
    tokens = tf.saved_model.load(str(folder / "model")).signatures["tokenize"]
    found = model.of_texts([(text,) for text in TEXTS]).vectors
    assert found is not None
    for text, vector in list(zip(TEXTS, found, strict=True))[:5]:
        (expected,) = encoder.cls_vector(tokens(text=tf.constant([text])), training=False).numpy()
        assert vector == pytest.approx(expected, abs=1e-5)


def test_classes(model: BatchModel) -> None:
    assert model.classes == ("one star", "five stars")


def test_layers_that_answer_otherwise_give_no_vectors(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = BatchModel(str(folder / "model"))
    expected = other.of_texts([("good",)]).probabilities
    monkeypatch.setattr(answering, "_LARGEST_GAP", -1.0)
    strict = BatchModel(str(folder / "model"))
    found = strict.of_texts([("good",)])
    assert found.vectors is None
    assert found.probabilities == pytest.approx(expected, abs=1e-5)


def test_layers_that_are_not_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "_HEAD", "no such layer")
    found = BatchModel(str(folder / "model")).of_texts([("good",), ("bad",)])
    assert found.vectors is None
    assert found.probabilities.shape == (2, 2)


def test_a_signature_that_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "_SIGNATURES", ("tokenize", "embed"))
    with pytest.raises(InvalidInputError, match="has no signature 'embed'"):
        BatchModel(str(folder / "model"))
