"""The key of a request: the same for the same texts, however they are sent."""

import base64
import json
from collections.abc import Iterable
from typing import Any

import pytest

from serving.errors import InvalidArgumentError
from serving.grpc_api.keyed import GrpcRequest
from serving.rest.requests.keyed import RestRequest
from serving.routing.keys import key_of
from serving.runtime.protos import load_protos

HEADER = "x-session-id"


def rest(document: Any, headers: dict[bytes, bytes] | None = None) -> bytes:
    return key_of(RestRequest(headers or {}, json.dumps(document).encode()), HEADER)


def grpc(message: Any, metadata: Iterable[tuple[str, Any]] = ()) -> bytes:
    return key_of(GrpcRequest(lambda: metadata, message), HEADER)


def predict_request(**inputs: list[str]) -> Any:
    message = load_protos().predict_pb2.PredictRequest()
    message.model_spec.name = "m"
    for alias, texts in inputs.items():
        message.inputs[alias].string_val.extend(text.encode() for text in texts)
    return message


def classify_request(*texts: str) -> Any:
    message = load_protos().classification_pb2.ClassificationRequest()
    for text in texts:
        example = message.input.example_list.examples.add()
        example.features.feature["text"].bytes_list.value.append(text.encode())
    return message


@pytest.mark.parametrize(
    "document",
    [
        {"instances": ["ä", "b"]},
        {"instances": [{"text": "b"}, {"text": "ä"}], "signature_name": "other"},
        {"inputs": {"text": ["ä", "b"]}},
        {"inputs": [["ä"], ["b"]]},
        {"instances": [{"b64": base64.b64encode("ä".encode()).decode()}, "b"]},
        {"examples": [{"text": "ä"}, {"text": ["b"], "n": 3}]},
    ],
)
def test_the_same_texts_have_one_key_on_every_way(document: Any) -> None:
    assert rest(document) == rest({"instances": ["ä", "b"]})
    assert rest(document) == grpc(predict_request(text=["ä", "b"]))
    assert rest(document) == grpc(classify_request("b", "ä"))


def test_pairs_have_one_key_in_rows_and_columns() -> None:
    rows = {"instances": [{"a": "x", "b": "y"}, {"a": "z", "b": "w"}]}
    assert rest(rows) == grpc(predict_request(a=["x", "z"], b=["y", "w"]))


def test_other_texts_have_other_keys() -> None:
    keys = {rest({"instances": texts}) for texts in (["ab"], ["a", "b"], ["a"], ["3:a"])}
    assert len(keys) == 4


def test_a_header_goes_before_the_texts() -> None:
    headers = {b"x-session-id": b"ann", b"x-other": b"1"}
    assert rest({"instances": ["a"]}, headers) == b"ann"
    assert grpc(predict_request(text=["b"]), [("x-session-id", "ann")]) == b"ann"
    assert grpc(predict_request(text=["b"]), [("x-session-id", b"ann")]) == b"ann"
    assert rest({"instances": ["a"]}, {b"x-session-id": b""}) == rest({"instances": ["a"]})


def test_a_header_is_taken_without_a_look_at_the_body() -> None:
    assert key_of(RestRequest({b"x-session-id": b"ann"}, b"nonsense"), HEADER) == b"ann"
    with pytest.raises(InvalidArgumentError, match="JSON Parse error"):
        key_of(RestRequest({}, b"nonsense"), HEADER)


def test_requests_without_texts_go_by_all_that_they_hold() -> None:
    assert rest({"instances": [1.0]}) != rest({"instances": [2.0]})
    assert rest({"instances": [1.0]}) == b'{"instances": [1.0]}'
    first, second = predict_request(), predict_request()
    first.inputs["x"].float_val.append(1.0)
    second.inputs["x"].float_val.append(2.0)
    assert len({grpc(first), grpc(second)}) == 2


def test_wrong_base64_is_left_to_who_reads_the_request() -> None:
    assert rest({"instances": [{"b64": "?"}]}) == rest({"instances": ["?"]})
