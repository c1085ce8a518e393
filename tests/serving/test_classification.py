from typing import Any

import numpy as np
import pytest

from serving.classification import classify
from serving.errors import InvalidArgumentError
from serving.model import LoadedModel, Signature, TensorSpec

FLOAT = TensorSpec("float", np.dtype(np.float32))
STRING = TensorSpec("string", np.dtype(object))


def model(outputs: dict[str, Any], input_name: str = "inputs") -> LoadedModel:
    specs = {name: FLOAT if name == "scores" else STRING for name in outputs}
    signature = Signature("serving_default", {input_name: STRING}, specs)
    return LoadedModel("m", 1, {"serving_default": signature}, {}, lambda _name, _inputs: outputs)


CLASSES = np.array([[b"a", b"b"]], dtype=object)
SCORES = np.array([[0.25, 0.75]], np.float32)


def test_both_parts() -> None:
    found = classify(model({"classes": CLASSES, "scores": SCORES}), "", [b"e"])
    assert found.rows() == [[(b"a", 0.25), (b"b", 0.75)]]


def test_classes_alone_score_0() -> None:
    assert classify(model({"classes": CLASSES}), "", [b"e"]).rows() == [[(b"a", 0.0), (b"b", 0.0)]]


def test_scores_alone_have_empty_labels() -> None:
    assert classify(model({"scores": SCORES}), "", [b"e"]).rows() == [[(b"", 0.25), (b"", 0.75)]]


@pytest.mark.parametrize(
    ("outputs", "examples", "text"),
    [
        ({"scores": SCORES}, 0, "Input is empty."),
        ({"scores": SCORES}, 2, "did not match output batch size: 2 vs. 1"),
        ({"scores": SCORES[0]}, 2, r"\[batch_size num_classes\] but got \[2\]"),
        ({"other": SCORES}, 1, "at least one of classes or scores"),
        ({"scores": SCORES[:, :1], "classes": CLASSES}, 1, "should match in shape"),
    ],
)
def test_refused(outputs: dict[str, Any], examples: int, text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        classify(model(outputs), "", [b"e"] * examples)


def test_signature_without_examples() -> None:
    with pytest.raises(InvalidArgumentError, match="No classification inputs found"):
        classify(model({"scores": SCORES}, input_name="x"), "", [b"e"])


def test_unknown_signature() -> None:
    with pytest.raises(InvalidArgumentError, match="No signature was found with the name: q"):
        classify(model({"scores": SCORES}), "q", [b"e"])
