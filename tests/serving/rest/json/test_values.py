from typing import Any

import numpy as np
import pytest

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.rest.json.values import (
    decode_base64,
    flatten,
    flatten_quickly,
    shape_of,
    to_array,
)
from serving.servables.model import TensorSpec

DTYPES: dict[str, Any] = {
    "float": np.float32,
    "double": np.float64,
    "half": np.float16,
    "string": object,
}


def convert(value: Any, dtype: str) -> Any:
    spec = TensorSpec(dtype, np.dtype(DTYPES.get(dtype, dtype)))
    shape = shape_of("x", value)
    array = to_array("x", flatten(value, shape, dtype), shape, spec)
    assert array.dtype == spec.numpy_dtype
    return array.tolist()


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ([[1, 2.5], [3, 4]], "float", [[1.0, 2.5], [3.0, 4.0]]),
        (7, "double", 7.0),
        ([], "float", []),
        ([1e300, -1e300], "float", [float("inf"), float("-inf")]),
        ([2**63 - 1], "int64", [2**63 - 1]),
        ([2**64 - 1], "uint64", [2**64 - 1]),
        ([300, -1], "uint8", [44, 255]),  # 300 - 256, and -1 + 256: a C cast
        ([True, False], "bool", [True, False]),
        (["é", {"b64": "aGk"}], "string", ["é".encode(), b"hi"]),
    ],
)
def test_accepted(value: Any, dtype: str, expected: Any) -> None:
    assert convert(value, dtype) == expected


@pytest.mark.parametrize(
    ("value", "dtype", "text"),
    [
        ([True], "float", "JSON Value: true Type: True is not of expected type: float"),
        ([None], "float", "JSON Value: null Type: Null is not of expected type: float"),
        ([{"a": 1}], "float", "Type: Object is not of expected type: float"),
        ([1.0], "int32", "JSON Value: 1.0 Type: Number is not of expected type: int32"),
        ([2**31], "int32", "Type: Number is not of expected type: int32"),
        ([-1], "uint32", "Type: Number is not of expected type: uint32"),
        ([1], "bool", "Type: Number is not of expected type: bool"),
        ([1], "string", "Type: Number is not of expected type: string"),
        ([{"x": "y"}], "string", "not formatted correctly for base64 data"),
        (
            [[1], [2, 3]],
            "float",
            "Encountered list at unexpected size: 2 at level: 1 expected size: 1",
        ),
        ([1, [2]], "float", "Encountered list at unexpected level: 1 expected < 1"),
        (
            [[1], 2],
            "float",
            "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
        ([{"a": 1}], "half", "Type: Object is not of expected type: half"),
        ([[1, 2], [3, "a"]], "int32", 'JSON Value: "a" Type: String is not of expected type'),
    ],
)
def test_refused(value: Any, dtype: str, text: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        convert(value, dtype)
    assert text in caught.value.message


def test_types_that_json_cannot_carry() -> None:
    with pytest.raises(ServingError) as caught:
        convert([1.0], "half")
    assert caught.value.code is Code.UNIMPLEMENTED
    assert caught.value.message == "Conversion of JSON Value: 1.0 to type: half"


def nested(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (nested(1.0, 33), "Input x has 33 dimensions; this server takes at most 32"),
        (nested(1.0, 254), "Input x has 254 dimensions"),
        (nested("a", 254), 'JSON Value: "a" Type: String is not of expected type: float'),
        (nested(1.0, 255), "tensor parsing error: x"),  # TensorFlow's own limit
        (nested("a", 100_000), "tensor parsing error: x"),
    ],
)
def test_nesting_beyond_an_array_s_rank(value: Any, text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        convert(value, "float")
    assert convert(nested(1.0, 32), "float") == nested(1.0, 32)


@pytest.mark.parametrize(
    ("value", "dtype", "leaves"),
    [
        ([[1, 2.5], [3, 4]], "float", [1, 2.5, 3, 4]),
        (7, "int64", [7]),
        ([[], []], "float", []),
        (["é", "a"], "string", ["é".encode(), b"a"]),
        ([1, True], "float", None),
        ([[1], [2, 3]], "float", None),
        ([2**31], "int32", None),
        ([{"b64": "aGk"}], "string", None),
        ([1.0], "half", None),
    ],
)
def test_common_values_are_flattened_without_looking_at_each(
    value: Any, dtype: str, leaves: Any
) -> None:
    assert flatten_quickly(value, shape_of("x", value), dtype) == leaves


@pytest.mark.parametrize(
    ("text", "data"),
    [("aGk=", b"hi"), ("aGk", b"hi"), ("aGk.", b"hi"), ("a G\nk=", b"hi"), ("", b"")],
)
def test_base64(text: str, data: bytes) -> None:
    assert decode_base64(text) == data


@pytest.mark.parametrize("text", ["*bad*", "aGk==", "a", "a-_k", "aG=k", "é"])
def test_bad_base64(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match="Unable to base64 decode"):
        decode_base64(text)
