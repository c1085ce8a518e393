import hashlib
import hmac
import json
from typing import Any

import numpy as np
import pytest

from serving.capture.inference import Inference
from serving.capture.lines import capture_line
from serving.capture.redaction import Redactor
from serving.capture.rules import Redaction
from serving.runtime.protos import load_protos
from serving.runtime.tensors import bytes_array
from serving.servables.classification import Classifications
from tests.serving.capture.inferences import ORIGIN, text_inference


def line(inference: Inference, **redaction: Any) -> dict[str, Any]:
    written = capture_line(inference, ORIGIN, Redactor(Redaction(**redaction)))
    assert written.endswith(b"\n")
    assert written.count(b"\n") == 1
    found: dict[str, Any] = json.loads(written)
    return found


def data(inference: Inference, mode: str = "Input", **redaction: Any) -> dict[str, Any]:
    part = line(inference, **redaction)["captureData"][f"endpoint{mode}"]
    found: dict[str, Any] = json.loads(part["data"])
    return found


def test_the_shape_of_a_line() -> None:
    event = line(text_inference("so\nsoft"))
    metadata = event["eventMetadata"]
    assert event["eventVersion"] == "0"
    assert event["captureData"] == {
        "endpointInput": {
            "observedContentType": "application/json",
            "mode": "INPUT",
            "data": '{"signature_name": "serving_default", "inputs": {"text": ["so\\nsoft"]}}',
            "encoding": "JSON",
        },
        "endpointOutput": {
            "observedContentType": "application/json",
            "mode": "OUTPUT",
            "data": '{"outputs": {"label": ["good"], "probabilities": [[0.1, 0.9]]}}',
            "encoding": "JSON",
        },
    }
    assert len(metadata.pop("eventId")) == 36
    assert metadata == {
        "inferenceId": "order-9",
        "requestId": "request-7",
        "inferenceTime": "2026-11-30T00:53:20.250Z",
        "modelName": "reviews",
        "modelVersion": "3",
        "signatureName": "serving_default",
        "method": "predict",
        "entrypoint": "REST",
    }


def test_each_line_has_an_id_of_its_own() -> None:
    first, second = (line(text_inference("a"))["eventMetadata"]["eventId"] for _ in range(2))
    assert first != second


def test_values_of_all_kinds() -> None:
    inputs = {
        "half": np.array([0.1], np.float16),
        "double": np.array([[0.1, 2.0]]),
        "whole": np.array(7, np.int64),
        "alone": np.array(0.1, np.float32),
        "many": np.full((1001, 1), 0.1, np.float32),
        "bytes": bytes_array([b"\xff", "é".encode()]),
        "is": np.array([True]),
    }
    assert data(text_inference("", inputs=inputs))["inputs"] == {
        "half": [0.1],
        "double": [[0.1, 2.0]],
        "whole": 7,
        "alone": 0.1,
        "many": [[0.1]] * 1001,
        "bytes": [{"b64": "/w=="}, "é"],
        "is": [True],
    }


def examples() -> list[bytes]:
    example = load_protos().example_pb2.Example()
    features = example.features.feature
    features["text"].bytes_list.value.append(b"jo@x.org")
    features["x"].float_list.value.extend([0.1, 0.2])
    features["n"].int64_list.value.append(3)
    return [example.SerializeToString()]


def test_a_classification() -> None:
    found = Classifications(np.array([[b"good"]], object), np.array([[0.7]], np.float32))
    inference = text_inference("", method="classify", inputs=examples(), outputs=found)
    assert data(inference)["examples"] == [{"n": 3, "text": "jo@x.org", "x": [0.1, 0.2]}]
    assert data(inference, "Output") == {"results": [[["good", 0.7]]]}
    assert data(inference, fields=frozenset({"text"}), personal_data=("email",)) == {
        "signature_name": "serving_default",
        "examples": [{"n": 3, "text": "[REDACTED]", "x": [0.1, 0.2]}],
    }


def test_a_regression() -> None:
    values = np.array([0.5, 0.1], np.float32)
    inference = text_inference("", method="regress", inputs=examples(), outputs=values)
    assert data(inference, "Output") == {"results": [0.5, 0.1]}
    hidden = data(inference, "Output", fields=frozenset({"outputs"}))
    assert hidden == {"results": "[REDACTED]"}


def test_personal_data_get_a_mark() -> None:
    inference = text_inference(
        "from jo@x.org, +49 30 123456, \xe9".encode("latin-1"),
        outputs={"echo": bytes_array([b"jo@x.org"])},
    )
    marks = ("email", "phone")
    [text] = data(inference, personal_data=marks)["inputs"]["text"]
    assert text == {"b64": "ZnJvbSBbRU1BSUxdLCBbUEhPTkVdLCDp"}  # from [EMAIL], [PHONE], \xe9
    assert data(inference, "Output", personal_data=marks) == {"outputs": {"echo": ["[EMAIL]"]}}


def test_a_field_is_left_out() -> None:
    inference = text_inference(
        "secret", inputs={"text": bytes_array([b"a"]), "id": bytes_array([b"b"])}
    )
    hidden = frozenset({"id", "probabilities"})
    assert data(inference, fields=hidden)["inputs"] == {"text": ["a"], "id": "[REDACTED]"}
    outputs = data(inference, "Output", fields=hidden)["outputs"]
    assert outputs == {"label": ["good"], "probabilities": "[REDACTED]"}


@pytest.mark.parametrize("key", [b"", b"secret"])
def test_hashes_of_texts_only(key: bytes) -> None:
    plain = f"sha256:{hashlib.sha256(b'so soft').hexdigest()}"
    keyed = f"hmac-sha256:{hmac.digest(b'secret', b'so soft', 'sha256').hex()}"
    inference = text_inference("so soft")
    inputs = data(inference, hash_texts=True, hash_key=key)["inputs"]
    assert inputs == {"text": [keyed if key else plain]}
    assert data(inference, "Output", hash_texts=True)["outputs"]["label"] == ["good"]
