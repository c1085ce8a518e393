"""Texts of refusals: what TensorFlow Serving's source says to the same bodies."""

import numpy as np
import pytest
import requests

from serving.errors import ServingError
from serving.rest.codecs.predict_codec import decode_predict, parse_document
from serving.servables.model import Signature, TensorSpec

FLOAT = TensorSpec("float", np.dtype(np.float32))
INT32 = TensorSpec("int32", np.dtype(np.int32))
STRING = TensorSpec("string", np.dtype(object))
ONE = Signature("serving_default", {"x": FLOAT}, {})
TWO = Signature("serving_default", {"a": FLOAT, "s": STRING}, {})
TEXT = Signature("serving_default", {"t": STRING}, {})
NONE = Signature("nothing", {}, {})
IN_ROW = "Failed to process element: {} of 'instances' list. Error: INVALID_ARGUMENT: "


def refusal(body: str, signature: Signature) -> str:
    with pytest.raises(ServingError) as caught:
        decode_predict(parse_document(body.encode()), signature)
    return caught.value.message


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            '{"inputs":[[1.0],2.0]}',
            "JSON Value: 2.0 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
        (
            '{"inputs":[[[1],[2]],[3,4]]}',
            "JSON Value: 3 found at incorrect level: 3 in the JSON DOM. Expected at level: 3",
        ),
        (
            '{"inputs":[[[1],[2]],[]]}',
            "Encountered list at unexpected size: 0 at level: 1 expected size: 2",
        ),
        (
            '{"inputs":[[[1],[2]],5]}',
            "JSON Value: 5 found at incorrect level: 2 in the JSON DOM. Expected at level: 3",
        ),
        ('{"inputs":[1.0,[2.0]]}', "Encountered list at unexpected level: 1 expected < 1"),
        (
            '{"inputs":[[1.0,"a"],[2.0]]}',
            'JSON Value: "a" Type: String is not of expected type: float',
        ),
        (
            '{"inputs":[[1],[2,[3]]]}',
            "Encountered list at unexpected size: 2 at level: 1 expected size: 1",
        ),
        (
            '{"inputs":[[],[1]]}',
            "Encountered list at unexpected size: 1 at level: 1 expected size: 0",
        ),
        (
            '{"instances":[[[1.0],2.0]]}',
            IN_ROW.format(0)
            + "JSON Value: 2.0 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
        ('{"instances":[[1],[[2]]]}', IN_ROW.format(1) + "Expecting shape [1] but got: [1,1]"),
        ('{"instances":[[1],2]}', IN_ROW.format(1) + "Expecting shape [1] but got: []"),
        ('{"instances":[[1],[]]}', IN_ROW.format(1) + "Expecting tensor size: 1 but got: 0"),
        (
            '{"instances":[{"x":[1]},{"x":[[2],3]}]}',
            IN_ROW.format("1 key: x")
            + "JSON Value: 3 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
    ],
)
def test_ragged_values(body: str, text: str) -> None:
    assert refusal(body, ONE) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            '{"instances":[{"x":1.0,"x":"a"}]}',
            IN_ROW.format("0 key: x")
            + 'JSON Value: "a" Type: String is not of expected type: float',
        ),
        (
            '{"instances":[{"x":1.0},{"x":2.0,"x":[3.0,4.0]}]}',
            IN_ROW.format("1 key: x") + "Expecting tensor size: 1 but got: 2",
        ),
        (
            '{"instances":[{"x":1.0,"x":[3.0]}]}',
            IN_ROW.format("0 key: x") + "Expecting shape [] but got: [1]",
        ),
        (
            '{"instances":[{"x":1.0,"y":1.0,"y":2.0}]}',
            IN_ROW.format("0 key: y") + "JSON object: does not have named input: y",
        ),
        (
            '{"instances":7,"a":1,"a":2}',
            'JSON Value: {\n    "instances": 7,\n    "a": 1,\n    "a": 2\n} '
            "Expecting 'instances' to be an list/array",
        ),
    ],
)
def test_repeated_keys_are_all_looked_at(body: str, text: str) -> None:
    assert refusal(body, ONE) == text


def test_of_repeated_keys_the_first_one_counts() -> None:
    document = parse_document(b'{"instances":[{"x":1.0,"x":9.0},{"x":2.0}]}')
    assert decode_predict(document, ONE)[0]["x"].tolist() == [1.0, 2.0]
    document = parse_document(b'{"inputs":{"x":[1.0],"x":"a"},"inputs":0}')
    assert decode_predict(document, ONE)[0]["x"].tolist() == [1.0]


@pytest.mark.parametrize(
    "body", ['{"instances":[{"b64":"aGk=","b64":"aGk="}]}', '{"instances":[{"b64":1}]}']
)
def test_only_one_key_makes_base64(body: str) -> None:
    text = "JSON object: does not have named input: b64"
    assert refusal(body, TEXT) == IN_ROW.format("0 key: b64") + text


def test_one_base64_row_feeds_one_of_several_inputs() -> None:
    document = parse_document(b'{"instances":[{"b64":"aGk="}]}')
    two = Signature("serving_default", {"s": STRING, "t": STRING}, {})
    assert decode_predict(document, two)[0]["s"].tolist() == [b"hi"]
    text = "Type: Object is not of expected type: float"
    assert refusal('{"instances":[{"b64":"aGk="}]}', TWO).endswith(text)
    assert refusal('{"instances":["a",{"b64":"aGk="}]}', two).startswith(
        "instances is a plain list"
    )


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("{}", "DEFAULT"),
        ('{"signature_name":""}', "DEFAULT"),
        ('{"signature_name":"nothing"}', "nothing"),
    ],
)
def test_signatures_without_inputs(body: str, name: str) -> None:
    assert refusal(body, NONE) == f"Failed to get input map for signature: {name}"


@pytest.mark.parametrize(
    ("model", "body", "text"),
    [
        (
            "pair",
            '{"instances":[{"b64":"aGk="}]}',
            "input size does not match signature: 1!=2 len({question}) != len({answer,question}). "
            "Sent extra: {}. Missing but required: {answer}.",
        ),
        (
            "odd",
            '{"signature_name":"init","instances":[1]}',
            "Failed to get input map for signature: init",
        ),
        (
            "hp",
            '{"instances":[' + "9" * 400 + "]}",
            "JSON Parse error: Number too big to be stored in double. at offset: 14",
        ),
        (
            "hp",
            '{"instances":[1.0],"other":1e999}',
            "JSON Parse error: Number too big to be stored in double. at offset: 27",
        ),
        ("hp", '{"inputs":' + "[" * 255 + "1.0" + "]" * 255 + "}", "tensor parsing error: x"),
        ("hp", '{"inputs":' + "[" * 5000 + "]" * 5000 + "}", "tensor parsing error: x"),
        ("hp", '{"instances":' + "[" * 255 + "1.0" + "]" * 255 + "}", "tensor parsing error: x"),
        (
            "hp",
            '{"inputs":' + "[" * 33 + "1.0" + "]" * 33 + "}",
            "Input x has 33 dimensions; this server takes at most 32",
        ),
    ],
)
def test_refused_by_a_server(url: str, model: str, body: str, text: str) -> None:
    answer = requests.post(f"{url}/v1/models/{model}:predict", data=body, timeout=30)
    assert (answer.status_code, answer.json()) == (400, {"error": text})


@pytest.mark.parametrize(
    ("path", "signature", "text"),
    [
        ("odd:classify", "init", "Expected one input Tensor."),
        ("odd:regress", "init", "Expected one input Tensor."),
        ("odd:regress", "nope", "No signature was found with the name: nope"),
        ("review:classify", "", "Expected one or two output Tensors, found 3"),
        ("review:regress", "", "Expected one output Tensor."),
        ("pair:classify", "", "Expected one input Tensor."),
    ],
)
def test_signatures_that_take_no_examples(url: str, path: str, signature: str, text: str) -> None:
    body = {"signature_name": signature, "examples": [{"x": 1.0}]}
    answer = requests.post(f"{url}/v1/models/{path}", json=body, timeout=30)
    assert (answer.status_code, answer.json()) == (400, {"error": text})


def test_signatures_are_quoted_as_protos(url: str) -> None:
    body = {"examples": [{"x": 1.0}]}
    answer = requests.post(f"{url}/v1/models/txt:classify", json=body, timeout=30)
    text = 'No classification inputs found in SignatureDef: inputs {\n  key: "t"\n'
    assert (answer.status_code, answer.json()["error"][: len(text)]) == (400, text)
