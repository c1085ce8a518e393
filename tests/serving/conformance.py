"""The table of TensorFlow Serving's REST contract: requests and the answers they get.

The numbers are those of the project's summary of the contract; `hp` has the versions 1 (x/2 + 2)
and 2 (x/2 + 3) with the labels `stable` and `canary`.
"""

import gzip
from dataclasses import dataclass
from typing import Any

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
        "hp/versions/1:predict",
        b'{"instances":[[4.0],[6.0]]}',
        is_={"predictions": [[4.0], [5.0]]},
    ),
    Row(
        "4",
        "hp/versions/1:predict",
        b'{"signature_name":"serving_default","inputs":[4.0,6.0]}',
        is_={"outputs": [4.0, 5.0]},
    ),
    Row("5", "hp/versions/1:predict", b'{"inputs":{"x":[[4.0]]}}', is_={"outputs": [[4.0]]}),
    Row("6", "hp/versions/1:predict", b'{"instances":[{"x":[4.0]}]}', is_={"predictions": [[4.0]]}),
    Row(
        "7",
        "hp/versions/1:predict",
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
    Row("3", "hp/labels/stable:predict", b'{"instances":[4.0]}', is_={"predictions": [4.0]}),
    Row(
        "30 in two members",
        "hp:predict",
        gzip.compress(b'{"instances":') + gzip.compress(b"[4.0]}"),
        is_={"predictions": [5.0]},
        headers=GZIP,
    ),
    Row(
        "45",
        "hp/versions/1:classify",
        b'{"signature_name":"cls","examples":[{"x":6.0}]}',
        is_={"results": [[["", 5.0]]]},
    ),
    Row(
        "46",
        "hp/versions/1:regress",
        b'{"signature_name":"reg","examples":[{"x":6.0},{"x":8.0}]}',
        is_={"results": [5.0, 6.0]},
    ),
    Row(
        "46 context",
        "hp/labels/canary:regress",
        b'{"signature_name":"reg","context":{"x":6.0},"examples":[{},{"x":8.0}]}',
        is_={"results": [6.0, 7.0]},
    ),
    Row(
        "47",
        "hp:regress",
        b'{"signature_name":"reg"}',
        400,
        has="When method is classify, key 'examples' is expected and was not found",
    ),
    Row(
        "48",
        "hp:regress",
        b'{"examples":[{"x":[1,1.5]}]}',
        400,
        "Unexpected element type in feature: x expecting type: int64",
    ),
    Row(
        "49",
        "hp:classify",
        b'{"examples":[{"x":[null]}]}',
        400,
        "Feature: x has element with unexpected JSON type: Null",
    ),
    Row(
        "50",
        "hp:classify",
        b'{"signature_name":"zz","examples":[{"x":1.0}]}',
        400,
        "No signature was found with the name: zz",
    ),
    Row(
        "50 body before model",
        "nope:classify",
        b'{"examples":[{"x":[null]}]}',
        400,
        has="unexpected JSON type",
    ),
    Row(
        "50 model",
        "nope:classify",
        b'{"examples":[{"x":1.0}]}',
        404,
        "Servable not found for request: Latest(nope)",
    ),
    Row(
        "50 signature name",
        "hp:regress",
        b'{"signature_name":9,"examples":[{}]}',
        400,
        has="'signature_name' key must be a string value.",
    ),
    Row(
        "55 with a version", "versions/1", b"", 400, "Missing model name in request.", method="GET"
    ),
]
