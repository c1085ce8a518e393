from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from serving.errors import InvalidArgumentError
from serving.servables.classification import classify
from serving.servables.model import Array, Arrays, LoadedModel, Signature, TensorSpec

FLOAT = TensorSpec("float", np.dtype(np.float32))
STRING = TensorSpec("string", np.dtype(object))
CLASSES = np.array([[b"a", b"b"]], dtype=object)
SCORES = np.array([[0.25, 0.75]], np.float32)


class Calls(list[tuple[Any, ...]]):
    """What a model was asked for."""


def model(
    outputs: dict[str, Any],
    calls: Calls | None = None,
    input_specs: Mapping[str, TensorSpec] | None = None,
) -> LoadedModel:
    """A model whose only signature answers with the same outputs, whatever it is asked."""

    answers = outputs

    def run(
        name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        if calls is not None:
            calls.append((name, inputs["inputs"].tolist(), list(outputs), deadline))
        return {alias: answers[alias] for alias in outputs}

    specs = {name: STRING if name == "classes" else FLOAT for name in outputs}
    signature = Signature("serving_default", input_specs or {"inputs": STRING}, specs, "m/predict")
    return LoadedModel("m", 1, {"serving_default": signature}, {}, run)


def test_both_parts() -> None:
    found = classify(model({"classes": CLASSES, "scores": SCORES}), "", [b"e"])
    assert found.rows() == [[(b"a", 0.25), (b"b", 0.75)]]


def test_classes_alone_score_0() -> None:
    assert classify(model({"classes": CLASSES}), "", [b"e"]).rows() == [[(b"a", 0.0), (b"b", 0.0)]]


def test_scores_alone_have_empty_labels() -> None:
    assert classify(model({"scores": SCORES}), "", [b"e"]).rows() == [[(b"", 0.25), (b"", 0.75)]]


def test_what_the_model_is_asked() -> None:
    calls = Calls()
    classify(model({"scores": SCORES, "more": SCORES}, calls), "", [b"e"], deadline=7.5)
    assert calls == [("serving_default", [b"e"], ["scores"], 7.5)]


@pytest.mark.parametrize(
    ("outputs", "examples", "text"),
    [
        ({"scores": SCORES}, 0, "Input is empty."),
        ({"scores": SCORES}, 2, "did not match output batch size: 2 vs. 1"),
        ({"scores": SCORES[0]}, 2, r"\[batch_size num_classes\] but got \[2\]"),
        ({"other": SCORES}, 1, 'at least one of "classes" or "scores"'),
        (
            {"classes": CLASSES, "scores": SCORES, "more": SCORES},
            1,
            "Expected one or two output Tensors, found 3",
        ),
        ({"scores": SCORES[:, :1], "classes": CLASSES}, 1, "should match in shape"),
        ({"scores": SCORES.astype(np.float64)}, 1, "Expected scores Tensor of DT_FLOAT"),
        ({"classes": SCORES}, 1, "Expected classes Tensor of DT_STRING"),
    ],
)
def test_refused(outputs: dict[str, Any], examples: int, text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        classify(model(outputs), "", [b"e"] * examples)


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"x": STRING}, "No classification inputs found in SignatureDef: serving_default"),
        ({"inputs": STRING, "x": STRING}, "Expected one input Tensor."),
    ],
)
def test_signature_without_examples(inputs: dict[str, TensorSpec], text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        classify(model({"scores": SCORES}, input_specs=inputs), "", [b"e"])


def test_unknown_signature() -> None:
    with pytest.raises(InvalidArgumentError, match="No signature was found with the name: q"):
        classify(model({"scores": SCORES}), "q", [b"e"])


def test_method_name_is_checked_on_demand() -> None:
    text = "method_name to be tensorflow/serving/classify. Was: m/predict"
    with pytest.raises(InvalidArgumentError, match=text):
        classify(model({"scores": SCORES}), "", [b"e"], check_method_name=True)
