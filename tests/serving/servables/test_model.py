from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.servables.model import Array, Arrays, LoadedModel, Signature, TensorSpec

FLOAT = TensorSpec("float", np.dtype(np.float32), "x:0")
STRING = TensorSpec("string", np.dtype(object), "s:0")


def run(
    name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
) -> dict[str, Array]:
    everything = {"y": inputs["x"] * 2, "z": inputs["x"]}
    return {alias: everything[alias] for alias in outputs}


@pytest.fixture
def model() -> LoadedModel:
    signature = Signature("serving_default", {"x": FLOAT}, {"y": FLOAT, "z": FLOAT})
    return LoadedModel("m", 1, {"serving_default": signature}, {}, run)


X = np.array([[1.0]], np.float32)


def test_all_outputs(model: LoadedModel) -> None:
    outputs = model.call("", {"x": X})
    assert {name: array.tolist() for name, array in outputs.items()} == {
        "y": [[2.0]],
        "z": [[1.0]],
    }


def test_output_filter_keeps_its_order(model: LoadedModel) -> None:
    assert list(model.call("", {"x": X}, ["z", "y"])) == ["z", "y"]


def test_unknown_signature(model: LoadedModel) -> None:
    with pytest.raises(ServingError, match='Serving signature key "q" not found') as caught:
        model.call("q", {"x": X})
    assert caught.value.code is Code.FAILED_PRECONDITION


def test_wrong_name_of_the_only_input(model: LoadedModel) -> None:
    text = r"Signature input alias: x\(feed name: x:0\) not found in request"
    with pytest.raises(InvalidArgumentError, match=text):
        model.call("", {"a": X})


def test_extra_input(model: LoadedModel) -> None:
    text = r"2!=1 len\(\{a,x\}\) != len\(\{x\}\). Sent extra: \{a\}. Missing but required: \{\}."
    with pytest.raises(InvalidArgumentError, match=text):
        model.call("", {"a": X, "x": X})


def with_default(model: LoadedModel) -> LoadedModel:
    signature = replace(model.signatures["serving_default"], defaults={"x": X})
    return replace(model, signatures={"serving_default": signature})


def test_an_input_with_a_default_can_be_left_out(model: LoadedModel) -> None:
    assert with_default(model).call("", {})["z"].tolist() == [[1.0]]
    given = np.array([[3.0]], np.float32)
    assert with_default(model).call("", {"x": given})["z"].tolist() == [[3.0]]


def test_the_defaults_are_named_where_inputs_are_wrong(model: LoadedModel) -> None:
    with pytest.raises(
        InvalidArgumentError, match=r"Sent extra: \{a\}. Missing but required: \{\}"
    ):
        with_default(model).call("", {"a": X})


def test_wrong_dtype(model: LoadedModel) -> None:
    with pytest.raises(InvalidArgumentError, match="x to be float but double is provided"):
        model.call("", {"x": np.array([1.0])})


def test_unknown_output(model: LoadedModel) -> None:
    text = r"not found in signature: q Outputs expected to be in the set \{y,z\}."
    with pytest.raises(InvalidArgumentError, match=text):
        model.call("", {"x": X}, ["q"])


def test_output_asked_for_twice(model: LoadedModel) -> None:
    with pytest.raises(InvalidArgumentError, match="duplicate output tensor alias: y"):
        model.call("", {"x": X}, ["y", "y"])
