from typing import Any

import numpy as np
import pytest

from serving.errors import InvalidArgumentError
from serving.rest.codecs.predict_codec import (
    decode_predict,
    encode_predict,
    parse_document,
    signature_name_of,
)
from serving.servables.model import Signature, TensorSpec

FLOAT = TensorSpec("float", np.dtype(np.float32))
STRING = TensorSpec("string", np.dtype(object))
ONE = Signature("serving_default", {"x": FLOAT}, {})
TWO = Signature("serving_default", {"a": FLOAT, "s": STRING}, {})


def test_rows_stack_along_a_new_axis() -> None:
    arrays, in_rows = decode_predict({"instances": [[1.0, 2.0], [3.0, 4.0]]}, ONE)
    assert in_rows
    assert arrays["x"].tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_columns_may_differ_in_length_and_extra_names_are_ignored() -> None:
    arrays, in_rows = decode_predict({"inputs": {"a": [1.0], "s": ["p", "q"], "z": 0}}, TWO)
    assert not in_rows
    assert {name: array.tolist() for name, array in arrays.items()} == {
        "a": [1.0],
        "s": [b"p", b"q"],
    }


def test_a_b64_object_is_a_plain_value() -> None:
    signature = Signature("serving_default", {"t": STRING}, {})
    assert decode_predict({"inputs": {"b64": "aGk="}}, signature)[0]["t"].tolist() == b"hi"


def test_plain_columns_need_a_single_input() -> None:
    with pytest.raises(InvalidArgumentError, match="inputs is a plain value/list"):
        decode_predict({"inputs": [1.0]}, TWO)


def test_ragged_columns_are_not_wrapped() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        decode_predict({"inputs": [[1.0, 2.0], [3.0]]}, ONE)
    assert caught.value.message == (
        "Encountered list at unexpected size: 1 at level: 1 expected size: 2"
    )


def test_key_sets_must_agree() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        decode_predict({"instances": [{"a": 1.0}]}, TWO)
    assert caught.value.message == (
        "Failed to process element: 0 of 'instances' list. JSON object: {\n"
        '    "a": 1.0\n} keys must be equal to: a,s'
    )


@pytest.mark.parametrize("document", [{}, {"signature_name": ""}])
def test_default_signature(document: dict[str, str]) -> None:
    assert signature_name_of(document) == "serving_default"


def test_documents_are_objects() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        parse_document(b"[1,2]")
    assert caught.value.message == "JSON Value: [1, 2] Is not object"


def test_nested_row_layout() -> None:
    body = encode_predict({"y": np.array([[4.0], [5.0]], np.float32)}, in_rows=True)
    assert body == b'{\n    "predictions": [[4.0], [5.0]\n    ]\n}'


def test_row_layout_with_several_outputs() -> None:
    outputs = {"p": np.array([1], np.int64), "q_bytes": np.array([b"\xff"], dtype=object)}
    assert encode_predict(outputs, in_rows=True) == (
        b'{\n    "predictions": [{\n            "p": 1,\n            "q_bytes": {\n'
        b'                "b64": "/w=="\n            }\n        }\n    ]\n}'
    )


def test_column_layout() -> None:
    body = encode_predict({"y": np.array([1.5, 2.0])}, in_rows=False)
    assert body == b'{\n    "outputs": [\n        1.5,\n        2.0\n    ]\n}'


def test_empty_batch() -> None:
    body = encode_predict({"y": np.zeros((0, 3), np.float32)}, in_rows=True)
    assert parse_document(body) == {"predictions": []}


def test_strings_that_are_no_text_go_out_as_they_are() -> None:
    body = encode_predict({"u": np.array(["é".encode(), b"\xff"], dtype=object)}, in_rows=True)
    assert body == '{\n    "predictions": ["é", "'.encode() + b'\xff"\n    ]\n}'


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({}, "Cannot convert empty tensor map to JSON"),
        ({"y": np.zeros(1, np.complex64)}, "Failed to write JSON value for tensor type: complex64"),
        ({"y": np.zeros(1, np.float16)}, "Failed to write JSON value for tensor type: half"),
    ],
)
def test_unwritable(outputs: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        encode_predict(outputs, in_rows=False)
