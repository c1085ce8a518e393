"""The API's description is valid, and the server does what it says, whatever is sent."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from serving import rest

TIMEOUT = 30
MODELS = ["hp", "two", "txt", "odd", "review", "a/b:c", None]  # None: whatever was made up
SIGNATURES = ["", "cls", "reg", "scalar", "h", "nope", None]
INTERNAL_ERROR = 500
ALL_CHECKS = list(HealthCheck)
FILE = Path(rest.__file__).with_name("openapi.json")
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
OPERATIONS = [
    (path, method, mode)
    for path, item in json.loads(FILE.read_text("utf-8"))["paths"].items()
    for method in item.keys() - {"parameters"}
    # Of other paths, Schemathesis finds next to nothing that breaks the description.
    for mode in ((POSITIVE, NEGATIVE) if method == "post" or "version" in path else (POSITIVE,))
]


@pytest.fixture(scope="session")
def description(url: str) -> Any:
    return requests.get(f"{url}/openapi.json", timeout=TIMEOUT).json()


@pytest.fixture(scope="session")
def api_schema(url: str) -> Any:
    return schemathesis.openapi.from_url(f"{url}/openapi.json")


def test_the_description_is_valid_openapi(description: Any) -> None:
    validate(description, cls=OpenAPIV31SpecValidator)


def test_all_routes_are_described(description: Any) -> None:
    models = [
        f"/v1/models/{{model}}{part}" for part in ("", "/versions/{version}", "/labels/{label}")
    ]
    ends = ("", "/metadata", ":predict", ":classify", ":regress")
    own = {"/v1/models/{model}/traffic", "/v1/models/{model}:feedback"}
    own |= {"/", "/healthz", "/readyz", "/models.json", "/openapi.json"}
    assert set(description["paths"]) == own | {model + end for model in models for end in ends}


def _accepts(description: Any, name: str, value: Any) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
    return bool(Draft202012Validator(schema).is_valid(value))


@pytest.mark.parametrize(
    ("name", "value", "valid"),
    [
        ("Features", {"x": [1, True]}, True),
        ("Features", {"x": 1.5, "y": "a", "z": [{"b64": "aGk="}, "b"], "e": []}, True),
        ("Features", {"x": {"a": 1}}, False),
        ("Features", {"x": None}, False),
        ("Features", {"x": [[1]]}, False),
        ("Features", {"x": ["a", 1]}, False),
        ("Features", {"x": [{"b64": "aGk=", "c": 1}]}, False),
        ("Features", {"x": 2**63}, False),
        ("PredictRequest", {"instances": [[1, [2]], "a", True, {"b64": ""}]}, True),
        ("PredictRequest", {"instances": [{"a": [1], "b": {"b64": "aGk="}}]}, True),
        ("PredictRequest", {"inputs": {"a": 1.0}}, True),
        ("PredictRequest", {"instances": [None]}, False),
        ("PredictRequest", {"instances": [{"a": {"b": 1}}]}, False),
        ("PredictRequest", {"instances": [[{"a": 1}]]}, False),
        ("PredictRequest", {"instances": [1], "inputs": [1]}, False),
        ("PredictResponse", {"predictions": [{"label": "a", "scores": [0.5]}]}, True),
        ("PredictResponse", {"outputs": [{"b64": "aGk="}]}, True),
    ],
)
def test_bodies_are_described(description: Any, name: str, value: Any, valid: bool) -> None:
    assert _accepts(description, name, value) == valid


def test_versions_end_where_int64_does(description: Any, url: str) -> None:
    version = description["components"]["parameters"]["version"]["schema"]
    assert (version["minimum"], version["maximum"]) == (0, 2**63 - 1)
    answers = [
        requests.get(f"{url}/v1/models/hp/versions/{number}", timeout=TIMEOUT)
        for number in (version["maximum"], version["maximum"] + 1)
    ]
    assert [answer.status_code for answer in answers] == [404, 400]
    assert answers[1].content == b""
    described = description["paths"]["/v1/models/{model}/versions/{version}"]["get"]["responses"]
    component = described["400"]["$ref"].rpartition("/")[2]
    assert "content" not in description["components"]["responses"][component]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_answers_are_as_described(
    api_schema: Any, path: str, method: str, mode: GenerationMode
) -> None:
    # By hand, because Schemathesis' own decorator does not know this version of pytest.
    @settings(max_examples=30, deadline=None, database=None, suppress_health_check=ALL_CHECKS)
    @given(api_schema[path][method].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        _check(case)

    check()


def _check(case: Any) -> None:
    _aim(case)
    response = case.call(timeout=TIMEOUT)
    assert response.status_code != INTERNAL_ERROR, response.text
    checks: list[CheckFunction] = [
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    case.validate_response(response, checks=checks)


def _aim(case: Any) -> None:
    """Let most requests reach a model and a signature that exist."""
    size = len(json.dumps(case.body, default=str))
    model = MODELS[size % len(MODELS)]
    if model is not None and "model" in case.path_parameters:
        case.path_parameters["model"] = model
    signature = SIGNATURES[size // 2 % len(SIGNATURES)]
    if signature is not None and isinstance(case.body, dict):
        case.body["signature_name"] = signature
