import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow.core.protobuf import saved_model_pb2

from models.export.signatures import CLASSIFY_METHOD, export_model
from models.params import FeatureNames
from models.training.classifier import build_classifier
from tests.models.toy_training import (
    LABELS,
    build_still_encoder,
    run_python,
    transform_graph,
)
from tests.tiny_encoder import VOCAB

TEXTS = ["Good shirt, very good shirt!", "", "bad", "the movie é \U0001f600 \u4e2d good"]
TITLES = ["love", "hate", "", "fine \u4e2d"]

# What a server does: it knows TensorFlow and the ops of TF Text, nothing of this project.
CLEAN_PROCESS = """
import json, sys
import tensorflow as tf
import tensorflow_text

folder, request, output = sys.argv[1:]
asked = json.load(open(request))
signatures = tf.saved_model.load(folder).signatures

def plain(tensors):
    return {name: tensor.numpy().tolist() for name, tensor in tensors.items()}

def example(features):
    made = tf.train.Example()
    for name, value in features.items():
        made.features.feature[name].bytes_list.value.append(value.encode())
    return made.SerializeToString()

examples = tf.constant([example(features) for features in asked["examples"]])
columns = {name: tf.constant(values) for name, values in asked["columns"].items()}
no_columns = {name: tf.constant([], tf.string) for name in asked["columns"]}
tokens = signatures["tokenize"](**columns)
found = {
    "modules": sorted(
        {"models", "tensorflow_transform", "tfx", "tf_keras"} & set(sys.modules)
    ),
    "specs": {
        name: {
            "inputs": {
                key: [spec.dtype.name, list(spec.shape)]
                for key, spec in signature.structured_input_signature[1].items()
            },
            "outputs": {
                key: [spec.dtype.name, list(spec.shape)]
                for key, spec in signature.structured_outputs.items()
            },
        }
        for name, signature in signatures.items()
    },
    "serving_default": {
        name: [x.decode() for x in tensor.numpy()] if name == "label" else
        [[x.decode() for x in row] for row in tensor.numpy()] if name == "classes" else
        tensor.numpy().tolist()
        for name, tensor in signatures["serving_default"](**columns).items()
    },
    "tokenize": plain(tokens),
    "tokens": plain(signatures["tokens"](**tokens)),
    "classify": plain({"scores": signatures["classify"](inputs=examples)["scores"]}),
    "evaluate": plain(signatures["evaluate"](examples=examples)),
    "evaluation_labels": plain(signatures["evaluation_labels"](examples=examples)),
    "alone": [
        signatures["serving_default"](
            **{name: values[place:place + 1] for name, values in columns.items()}
        )["probabilities"].numpy()[0].tolist()
        for place in range(len(asked["examples"]))
    ],
    "none_shapes": {
        name: list(tensor.shape)
        for name, tensor in signatures["serving_default"](**no_columns).items()
    },
    "none_classified": plain(signatures["classify"](inputs=tf.constant([], tf.string))),
}
json.dump(found, open(output, "w"))
"""


def _export(
    factory: pytest.TempPathFactory, text_pair: str | None
) -> tuple[Path, tft.TFTransformOutput]:
    folder = factory.mktemp("signatures")
    tf.random.set_seed(1)
    classifier = build_classifier(str(build_still_encoder(folder / "encoder")), 2, dropout=0.5)
    # A head that tells texts apart: the probabilities of a new one are all about a half.
    head = classifier.get_layer("logits")
    head.set_weights([np.random.default_rng(1).normal(size=(16, 2)), np.array([0.1, -0.1])])
    graph = tft.TFTransformOutput(str(transform_graph(factory, text_pair)))
    features = FeatureNames(text="review", text_pair=text_pair, label="stars")
    export_model(classifier, graph, features, str(folder / "model"))
    return folder / "model", graph


def _ask(model: Path, columns: dict[str, list[str]], examples: list[dict[str, str]]) -> Any:
    """Ask all signatures in a process that imports TensorFlow and TF Text only."""
    request, output = model.parent / "request.json", model.parent / "found.json"
    request.write_text(json.dumps({"columns": columns, "examples": examples}))
    done = run_python(CLEAN_PROCESS, str(model), str(request), str(output))
    assert done.returncode == 0, done.stderr
    return json.loads(output.read_text())


@pytest.fixture(scope="module")
def single_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _export(tmp_path_factory, None)[0]


@pytest.fixture(scope="module")
def single(single_model: Path) -> Any:
    labels = ["one star", "five stars", "six stars", "five stars"]
    examples = [{"review": text, "stars": label} for text, label in zip(TEXTS, labels, strict=True)]
    del examples[1]["review"]  # an absent text is an empty one
    return _ask(single_model, {"text": TEXTS}, examples)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    model, _ = _export(tmp_path_factory, "title")
    examples = [
        {"review": text, "title": title, "stars": LABELS[0]}
        for text, title in zip(TEXTS, TITLES, strict=True)
    ]
    return _ask(model, {"text": TEXTS, "text_pair": TITLES}, examples)


TOKENS = {
    "input_word_ids": ["int32", [None, None]],
    "input_mask": ["int32", [None, None]],
    "input_type_ids": ["int32", [None, None]],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        (
            "serving_default",
            {"text": ["string", [None]]},
            {
                "label": ["string", [None]],
                "probabilities": ["float32", [None, 2]],
                "classes": ["string", [None, 2]],
            },
        ),
        (
            "classify",
            {"inputs": ["string", [None]]},
            {"classes": ["string", [None, 2]], "scores": ["float32", [None, 2]]},
        ),
        ("tokens", TOKENS, {"probabilities": ["float32", [None, 2]]}),
        ("tokenize", {"text": ["string", [None]]}, TOKENS),
        ("tokenize_examples", {"inputs": ["string", [None]]}, TOKENS),
        (
            "evaluate",
            {"examples": ["string", [None]]},
            {"probabilities": ["float32", [None, 2]]},
        ),
        ("evaluation_labels", {"examples": ["string", [None]]}, {"label_id": ["int64", [None]]}),
    ],
)
def test_signatures_have_the_promised_names_types_and_shapes(
    single: Any, name: str, inputs: dict[str, Any], outputs: dict[str, Any]
) -> None:
    assert single["specs"][name] == {"inputs": inputs, "outputs": outputs}


@pytest.mark.slow
def test_the_model_needs_tensorflow_and_its_text_ops_only(single: Any) -> None:
    assert "models" not in single["modules"]
    assert "tensorflow_transform" not in single["modules"]
    assert "tfx" not in single["modules"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["single", "pairs"])
def test_all_signatures_give_the_same_probabilities(
    kind: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(kind)
    expected = np.array(found["serving_default"]["probabilities"])

    assert expected.shape == (4, 2)
    np.testing.assert_allclose(found["tokens"]["probabilities"], expected, atol=1e-6)
    np.testing.assert_allclose(found["classify"]["scores"], expected, atol=1e-6)
    np.testing.assert_allclose(found["evaluate"]["probabilities"], expected, atol=1e-6)


@pytest.mark.slow
def test_the_other_rows_of_a_batch_change_nothing(single: Any) -> None:
    probabilities = single["serving_default"]["probabilities"]

    np.testing.assert_allclose(single["alone"], probabilities, atol=1e-6)


@pytest.mark.slow
def test_probabilities_are_of_the_classes_in_order(single: Any) -> None:
    answer = single["serving_default"]
    probabilities = np.array(answer["probabilities"])

    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert np.ptp(probabilities[:, 0]) > 0.01  # the texts are told apart
    assert answer["classes"] == [list(LABELS)] * 4
    assert answer["label"] == [LABELS[place] for place in probabilities.argmax(axis=1)]


@pytest.mark.slow
def test_texts_are_padded_to_the_longest(single: Any) -> None:
    tokens = single["tokenize"]
    lengths = np.array(tokens["input_mask"]).sum(axis=1).tolist()

    pieces = ["[CLS]", "good", "shirt", ",", "very", "good", "shirt", "!", "[SEP]"]
    assert tokens["input_word_ids"][0] == [VOCAB.index(piece) for piece in pieces]
    assert tokens["input_word_ids"][1] == [2, 3, *[0] * 7]  # the empty text: [CLS] [SEP]
    assert tokens["input_mask"][2] == [1, 1, 1, *[0] * 6]
    assert lengths == [9, 2, 3, 8]
    assert not np.any(tokens["input_type_ids"])


@pytest.mark.slow
def test_pairs_have_two_texts(pairs: Any) -> None:
    inputs = {"text": ["string", [None]], "text_pair": ["string", [None]]}
    tokens = pairs["tokenize"]

    assert pairs["specs"]["serving_default"]["inputs"] == inputs
    assert pairs["specs"]["tokenize"]["inputs"] == inputs
    # [CLS] and seven pieces, [SEP], then "love" and [SEP].
    assert tokens["input_type_ids"][0] == [0] * 9 + [1, 1]
    # The empty text: [CLS] [SEP], then "hate" and [SEP].
    assert tokens["input_word_ids"][1][:4] == [2, 3, VOCAB.index("hate"), 3]
    assert tokens["input_type_ids"][1] == [0, 0, 1, 1, *[0] * 7]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["single", "pairs"])
def test_an_empty_batch_gets_an_empty_answer(kind: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(kind)

    assert found["none_shapes"] == {"label": [0], "probabilities": [0, 2], "classes": [0, 2]}
    assert found["none_classified"] == {"classes": [], "scores": []}


@pytest.mark.slow
def test_labels_become_class_ids(single: Any) -> None:
    assert single["evaluation_labels"]["label_id"] == [0, 1, -1, 1]


@pytest.mark.slow
def test_classify_names_its_method(single_model: Path) -> None:
    saved = saved_model_pb2.SavedModel.FromString((single_model / "saved_model.pb").read_bytes())

    signatures = saved.meta_graphs[0].signature_def
    assert signatures["classify"].method_name == CLASSIFY_METHOD == "tensorflow/serving/classify"
    assert signatures["serving_default"].method_name == "tensorflow/serving/predict"
