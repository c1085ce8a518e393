from typing import Any

import numpy as np
import pytest

from serving.errors import InvalidArgumentError
from serving.servables.model import TensorSpec
from serving.servables.regression import regress
from tests.serving.servables.test_classification import FLOAT, STRING, Calls, model

VALUES = np.array([1.5, -2.0], np.float32)
TWO = [b"e", b"f"]


@pytest.mark.parametrize("outputs", [VALUES, VALUES[:, None]], ids=["n", "n by 1"])
def test_values(outputs: Any) -> None:
    found = regress(model({"outputs": outputs}), "", TWO)
    assert (found.dtype, found.tolist()) == (np.dtype(np.float32), [1.5, -2.0])


def test_what_the_model_is_asked() -> None:
    calls = Calls()
    regress(model({"outputs": VALUES}, calls), "", TWO, deadline=7.5)
    assert calls == [("serving_default", TWO, ["outputs"], 7.5)]


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({"outputs": VALUES[:1]}, "did not match output batch size: 2 vs. 1"),
        ({"outputs": VALUES.reshape(1, 2)}, r"\[batch_size, 1\] but got \[1,2\]"),
        ({"outputs": VALUES.reshape(2, 1, 1)}, r"but got \[2,1,1\]"),
        ({"outputs": np.float32(1.0).reshape(())}, r"but got \[\]"),
        ({"outputs": VALUES.astype(np.float64)}, "Expected output Tensor of DT_FLOAT"),
        ({"scores": VALUES}, "No regression outputs found in SignatureDef: serving_default"),
        ({"outputs": VALUES, "more": VALUES}, "Expected one output Tensor."),
    ],
)
def test_refused(outputs: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        regress(model(outputs), "", TWO)


def test_no_examples() -> None:
    with pytest.raises(InvalidArgumentError, match=r"Input is empty\."):
        regress(model({"outputs": VALUES}), "", [])


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"x": STRING}, "No regression inputs found in SignatureDef: serving_default"),
        ({"inputs": STRING, "x": FLOAT}, "Expected one input Tensor."),
    ],
)
def test_signature_without_examples(inputs: dict[str, TensorSpec], text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        regress(model({"outputs": VALUES}, input_specs=inputs), "", TWO)


def test_unknown_signature() -> None:
    with pytest.raises(InvalidArgumentError, match="No signature was found with the name: q"):
        regress(model({"outputs": VALUES}), "q", TWO)


def test_method_name_is_checked_on_demand() -> None:
    text = "method_name to be tensorflow/serving/regress. Was: m/predict"
    with pytest.raises(InvalidArgumentError, match=text):
        regress(model({"outputs": VALUES}), "", TWO, check_method_name=True)
