"""The rows of TensorFlow Serving's contract that this server covers, over real sockets.

`hp` has version 2 only and `old` is the same model as version 1: one version is served at a time.
"""

import gzip
import json
from dataclasses import dataclass
from typing import Any

import pytest
import requests

NAN, INF = float("nan"), float("inf")
_DEEP = b'{"instances":[4],"deep":' + b"[" * 500_000 + b"]" * 500_000 + b"}"
_MISSING = "Servable not found for request: "


@dataclass(frozen=True)
class Row:
    """One request; `is_` compares the whole answer (errors: the text), `has` looks for a part."""

    id: str
    path: str
    body: bytes = b""
    status: int = 200
    is_: Any = None
    has: str | None = None
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()


GZIP = (("Content-Encoding", "gzip"),)
ROWS = [
    Row("1", "hp:predict", b'{"instances":[4.0,6.0]}', is_={"predictions": [5.0, 6.0]}),
    Row(
        "2",
        "old/versions/1:predict",
        b'{"instances":[[4.0],[6.0]]}',
        is_={"predictions": [[4.0], [5.0]]},
    ),
    Row(
        "4",
        "old/versions/1:predict",
        b'{"signature_name":"serving_default","inputs":[4.0,6.0]}',
        is_={"outputs": [4.0, 5.0]},
    ),
    Row("5", "old:predict", b'{"inputs":{"x":[[4.0]]}}', is_={"outputs": [[4.0]]}),
    Row("6", "old:predict", b'{"instances":[{"x":[4.0]}]}', is_={"predictions": [[4.0]]}),
    Row(
        "7",
        "old:predict",
        b'{"instances":[[4.0,6.0],[8.0,10.0]]}',
        is_={"predictions": [[4.0, 5.0], [6.0, 7.0]]},
    ),
    Row("9", "hp:predict", b"", 400, "JSON Parse error: The document is empty"),
    Row("10", "hp:predict", b"instances = 3", 400, has="JSON Parse error: Invalid value"),
    Row("11", "hp:predict", b"[1,2]", 400, has="Is not object"),
    Row("12", "hp:predict", b'{"rows":[1]}', 400, "Missing 'inputs' or 'instances' key"),
    Row(
        "13",
        "hp:predict",
        b'{"instances":[1.0],"inputs":[1.0]}',
        400,
        has="Not formatted correctly expecting only one of",
    ),
    Row("14", "hp:predict", b'{"instances":[]}', 400, has="No values in 'instances' array"),
    Row(
        "15",
        "hp:predict",
        b'{"instances":7}',
        400,
        has="Expecting 'instances' to be an list/array",
    ),
    Row(
        "16",
        "hp:predict",
        b'{"instances":["q"]}',
        400,
        "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: "
        'JSON Value: "q" Type: String is not of expected type: float',
    ),
    Row(
        "17",
        "hp:predict",
        b'{"instances":[{"junk":1.0}]}',
        400,
        has="Failed to process element: 0 key: junk of 'instances' list.",
    ),
    Row(
        "18",
        "hp:predict",
        b'{"signature_name":9,"instances":[1.0]}',
        400,
        has="'signature_name' key must be a string value.",
    ),
    Row(
        "19",
        "hp:predict",
        b'{"signature_name":"zz","instances":[1.0]}',
        400,
        'Serving signature name: "zz" not found in signature def',
    ),
    Row("20", "nope:predict", b'{"instances":[1.0]}', 404, _MISSING + "Latest(nope)"),
    Row("21", "hp/versions/77:predict", b'{"instances":[1.0]}', 404, _MISSING + "Specific(hp, 77)"),
    Row("21b", "no/versions/7:predict", b'{"instances":[1.0]}', 404, _MISSING + "Specific(no, 7)"),
    Row("22", "nope:predict", b"not json", 400, has="JSON Parse error"),
    Row(
        "23",
        "hp/labels/ghost:predict",
        b'{"instances":[1.0]}',
        400,
        "Unrecognized servable version label: ghost",
    ),
    Row(
        "24",
        "hp:predict",
        b'{"instances":[[1.0,2.0],[3.0]]}',
        400,
        has="Expecting tensor size: 2 but got: 1",
    ),
    Row(
        "25",
        "hp:predict",
        b'{"instances":[[1.0],[[1.0]]]}',
        400,
        has="Expecting shape [1] but got: [1,1]",
    ),
    Row("27", "hp:predict", b'{"instances":[1e300]}', is_={"predictions": [INF]}),
    Row("28", "hp:predict", _DEEP, is_={"predictions": [5.0]}),
    Row("29", "hp:predict", b'{"instances":[4.0]}trailing', is_={"predictions": [5.0]}),
    Row(
        "30",
        "hp:predict",
        gzip.compress(b'{"instances":[4.0,6.0]}'),
        is_={"predictions": [5.0, 6.0]},
        headers=GZIP,
    ),
    Row(
        "31",
        "hp:predict",
        b'{"instances":[4.0]}',
        400,
        has="The document is empty",
        headers=GZIP,
    ),
    Row(
        "32",
        "two:predict",
        b'{"instances":[{"a":[1,2],"s":"p"},{"a":[3,4],"s":"q"}]}',
        is_={
            "predictions": [
                {"total": 3, "s_bytes": {"b64": "cA=="}},
                {"total": 7, "s_bytes": {"b64": "cQ=="}},
            ]
        },
    ),
    Row(
        "33",
        "two:predict",
        b'{"inputs":{"a":[[1,2],[3,4]],"s":["p","q"]}}',
        is_={"outputs": {"total": [3, 7], "s_bytes": [{"b64": "cA=="}, {"b64": "cQ=="}]}},
    ),
    Row(
        "34",
        "two:predict",
        b'{"instances":[[1,2]]}',
        400,
        has="instances is a plain list, but expecting list of objects",
    ),
    Row("35", "two:predict", b'{"instances":[{"a":[1,2]}]}', 400, has="keys must be equal to: a,s"),
    Row(
        "36",
        "two:predict",
        b'{"instances":[{"a":[1,2],"s":"p"},[1,2]]}',
        400,
        has="Expecting object but got list at item 1 of input list",
    ),
    Row(
        "37",
        "two:predict",
        b'{"inputs":{"a":[[1,2]]}}',
        400,
        "Missing named input: s in 'inputs' object.",
    ),
    Row(
        "38",
        "two:predict",
        b'{"inputs":{"a":[[1.5,2]],"s":["p"]}}',
        400,
        has="is not of expected type: int32",
    ),
    Row(
        "39",
        "txt:predict",
        b'{"instances":[{"b64":"aGk="},{"b64":"eW8"}]}',
        is_={"predictions": ["hi", "yo"]},
    ),
    Row(
        "40", "txt:predict", b'{"instances":[{"b64":"*bad*"}]}', 400, has="Unable to base64 decode"
    ),
    Row(
        "41",
        "txt:predict",
        b'{"instances":["a",{"t":"b"}]}',
        400,
        has="Expecting value/list but got object at item 1 of input list",
    ),
    Row(
        "42 rows",
        "odd:predict",
        b'{"signature_name":"scalar","instances":[1.0]}',
        400,
        has="has no shape information",
    ),
    Row(
        "42 columns",
        "odd:predict",
        b'{"signature_name":"scalar","inputs":[1.0]}',
        is_={"outputs": 1.0},
    ),
    Row(
        "43",
        "odd:predict",
        b'{"signature_name":"skew","instances":[1.0,2.0]}',
        400,
        has="has inconsistent batch size: 3 expecting: 2",
    ),
    Row("44", "odd:predict", b'{"signature_name":"h","inputs":[1.0]}', 501, has="to type: half"),
    Row(
        "44 rows",
        "odd:predict",
        b'{"signature_name":"h","instances":[1.0]}',
        400,
        has="to type: half",
    ),
    Row(
        "no inputs",
        "odd:predict",
        b'{"signature_name":"noin","inputs":{}}',
        400,
        "Failed to get input map for signature: noin",
    ),
    Row("53", "nope", b"", 404, "Could not find any versions of model nope", method="GET"),
    Row("53b", "hp/versions/77", b"", 404, "Could not find version 77 of model hp", method="GET"),
    Row("55", "", b"", 400, "Missing model name in request.", method="GET"),
    Row("56a", "../foo", b"", 400, "Malformed request: GET /v1/foo", method="GET"),
    Row("56b", "hp:predict", b"", 400, has="Malformed request: GET /v1/models/hp:pr", method="GET"),
    Row("56c", "hp/metadata", b"", 400, "Malformed request: POST /v1/models/hp/metadata"),
    Row("56d", "hp/version/1:regress", b"", 400, has="Malformed request: POST"),
    Row("56e", "hp/versions/1/labels/a:predict", b"", 400, has="Malformed request: POST"),
    Row("56f", "hp:predict", b"", 400, has="Malformed request: PUT", method="PUT"),
    Row("56g", "hp:PREDICT", b"{}", 400, has="Malformed request: POST"),
    Row("56h", "hp:predict?x=1", b"{}", 400, has="Malformed request: POST"),
    Row("61", "a%2Fb%3Ac:predict", b'{"instances":[4.0]}', is_={"predictions": [4.0]}),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_row(row: Row, rest_url: str) -> None:
    path = {"": "/v1/models", "../foo": "/v1/foo"}.get(row.path, f"/v1/models/{row.path}")
    response = requests.request(
        row.method, rest_url + path, data=row.body, headers=dict(row.headers), timeout=20
    )
    assert (response.status_code, response.headers["content-type"]) == (
        row.status,
        "application/json",
    )
    answer = json.loads(response.text)
    if row.status != requests.codes.ok:
        answer = answer["error"]
    if row.is_ is not None:
        assert answer == row.is_
    if row.has is not None:
        assert row.has in answer


def test_row_8_byte_layout(rest_url: str) -> None:
    url = f"{rest_url}/v1/models/old:predict"
    response = requests.post(url, data=b'{"instances":[4.0,6.0]}', timeout=20)
    assert response.content == b'{\n    "predictions": [4.0, 5.0\n    ]\n}'


def test_row_26_non_finite_numbers_are_bare_tokens(rest_url: str) -> None:
    url = f"{rest_url}/v1/models/hp:predict"
    response = requests.post(url, data=b'{"instances":[NaN,Infinity,-Infinity]}', timeout=20)
    assert "[NaN, Infinity, -Infinity" in response.text


def test_row_51_status_of_a_model(rest_url: str) -> None:
    answer = requests.get(f"{rest_url}/v1/models/hp", timeout=20).json()
    status = {"error_code": "OK", "error_message": ""}
    assert answer == {
        "model_version_status": [{"version": "2", "state": "AVAILABLE", "status": status}]
    }


@pytest.mark.parametrize("path", ["hp/versions/2", "hp/labels/any"])
def test_row_52_status_of_a_version_and_of_an_ignored_label(rest_url: str, path: str) -> None:
    answer = requests.get(f"{rest_url}/v1/models/{path}", timeout=20).json()
    assert [entry["version"] for entry in answer["model_version_status"]] == ["2"]


@pytest.mark.parametrize("path", ["hp/metadata", "hp/versions/2/metadata"])
def test_row_54_metadata(rest_url: str, path: str) -> None:
    answer = requests.get(f"{rest_url}/v1/models/{path}", timeout=20).json()
    assert answer["model_spec"] == {"name": "hp", "signature_name": "", "version": "2"}
    signature = answer["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    assert signature["inputs"]["x"]["dtype"] == "DT_FLOAT"
    assert signature["inputs"]["x"]["tensor_shape"] == {
        "dim": [{"size": "-1", "name": ""}, {"size": "1", "name": ""}],
        "unknown_rank": False,
    }


def test_row_57_version_overflow_has_an_empty_body(rest_url: str) -> None:
    url = f"{rest_url}/v1/models/hp/versions/18446744073709551615:predict"
    response = requests.post(url, data=b"{}", timeout=20)
    assert (response.status_code, response.content) == (400, b"")
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/index", "/", "/v1"])
def test_row_58_other_paths_get_an_html_page(rest_url: str, path: str) -> None:
    response = requests.get(rest_url + path, timeout=20)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    assert "<TITLE>404 Not Found</TITLE>" in response.text


@pytest.mark.parametrize(("headers", "status"), [({"Origin": "http://a"}, 200), ({}, 400)])
def test_row_59_preflight(rest_url: str, headers: dict[str, str], status: int) -> None:
    response = requests.options(f"{rest_url}/v1/models/hp:predict", headers=headers, timeout=20)
    assert (response.status_code, response.content) == (status, b"")
