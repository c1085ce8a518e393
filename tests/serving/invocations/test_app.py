"""SageMaker's contract on a real socket. Numbers: see the models, `!` is 0.9 good, else 0.7 bad."""

import gzip
import json

import pytest
import requests

from serving.invocations.names import ALL_TRAFFIC
from tests.serving.invocations.conftest import TIMEOUT_S, Ask

REVIEW = "/endpoints/review/invocations"
ATTRIBUTES = {"X_Amzn_SageMaker_Custom_Attributes": "tfs-model-name=review"}
LINES = {"Content_Type": "application/jsonlines"}
CSV = {"Content_Type": "text/csv"}
HP = "/endpoints/hp/invocations"


def hp_attributes(more: str = "") -> dict[str, str]:
    return {"X_Amzn_SageMaker_Custom_Attributes": f"tfs-model-name=hp{more}"}


def test_ping(invocations_url: str) -> None:
    response = requests.get(f"{invocations_url}/ping", timeout=TIMEOUT_S)
    assert (response.status_code, response.content) == (200, b"")


def test_what_a_batch_transform_may_send(invocations_url: str) -> None:
    response = requests.get(f"{invocations_url}/execution-parameters", timeout=TIMEOUT_S)
    assert response.json() == {
        "MaxConcurrentTransforms": 512,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": 1,
    }


def test_features(ask: Ask) -> None:
    answer = ask('{"features": ["fine!"]}', REVIEW)
    assert answer.json() == {"probability": 0.9, "predicted_label": "good"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-amzn-invoked-production-variant"] == "1"


def test_features_in_lines(ask: Ask) -> None:
    answer = ask('{"features": ["fine!"]}\n\n{"features": "dull"}\n', REVIEW, **LINES)
    assert answer.headers["content-type"] == "application/jsonlines"
    assert [json.loads(line) for line in answer.text.splitlines()] == [
        {"probability": 0.9, "predicted_label": "good"},
        {"probability": 0.7, "predicted_label": "bad"},
    ]


def test_features_of_two_texts(ask: Ask) -> None:
    body = '[{"features": ["b", "a!"]}]'  # inputs in the order of their names: answer, question
    answer = ask(body, "/endpoints/pair/invocations")
    assert answer.json() == [{"probability": 0.9, "predicted_label": "good"}]


def test_blazingtext(ask: Ask) -> None:
    answer = ask('{"instances": ["fine!", "dull"], "configuration": {"k": 2}}', **ATTRIBUTES)
    assert answer.json() == [
        {"label": ["__label__good", "__label__bad"], "prob": [0.9, 0.05]},
        {"label": ["__label__bad", "__label__so-so"], "prob": [0.7, 0.2]},
    ]


def test_blazingtext_in_lines(ask: Ask) -> None:
    answer = ask('{"source": "fine!"}\n{"source": "dull", "k": 9}', REVIEW, **LINES)
    assert [json.loads(line) for line in answer.text.splitlines()] == [
        {"label": ["__label__good"], "prob": [0.9]},
        {"label": ["__label__bad", "__label__so-so", "__label__good"], "prob": [0.7, 0.2, 0.1]},
    ]


def test_a_table_of_texts(ask: Ask) -> None:
    answer = ask('"two\nlines, fine!"\r\ndull\r\n', REVIEW, **CSV)
    assert answer.headers["content-type"] == "text/csv"
    assert answer.text == "good,0.9\nbad,0.7\n"


def test_a_table_answered_in_json(ask: Ask) -> None:
    answer = ask("fine!\n", REVIEW, **CSV, Accept="application/json")
    assert answer.json() == {"predictions": [{"predicted_label": "good", "probability": 0.9}]}


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ('{"instances": [2.0, 4.0]}', {}, [4, 5]),
        ("[1.0, 2.0]\n[3.0, 4.0]", {}, [[3.5, 4], [4.5, 5]]),
        ("[1.0, 2.0]\n[3.0, 4.0]", LINES, [[3.5, 4], [4.5, 5]]),
        ('{"x": 2.0}\n{"x": 4.0}', {}, [4, 5]),
        ("[1.0, 2.0]", {}, [[3.5, 4]]),
        ("[[1.0, 2.0], [3.0, 4.0]]", {}, [[3.5, 4], [4.5, 5]]),
        ('{"instances": [2.0]}', LINES, [4]),
        ("1.0\n2", CSV, [3.5, 4]),
        ("1.0,2e0\n3,4.0", CSV, [[3.5, 4], [4.5, 5]]),
    ],
)
def test_what_the_tensorflow_serving_container_takes(
    ask: Ask, body: str, headers: dict[str, str], expected: object
) -> None:
    answer = ask(body, **hp_attributes(), **headers)
    assert answer.json() == {"predictions": expected}
    assert answer.headers["x-amzn-invoked-production-variant"] == "2"


def test_the_attributes_of_the_tensorflow_serving_container(ask: Ask) -> None:
    attributes = hp_attributes(",tfs-model-version=1,tfs-method=regress")
    answer = ask('{"signature_name": "reg", "examples": [{"x": 4.0}]}', **attributes)
    assert answer.json() == {"results": [4.0]}
    assert answer.headers["x-amzn-invoked-production-variant"] == "1"


def test_numbers_answered_in_a_table(ask: Ask) -> None:
    answer = ask("[1.0, 2.0]\n[3.0, 4.0]", HP, Accept="text/csv")
    assert answer.text == "3.5,4.0\n4.5,5.0\n"


@pytest.mark.parametrize(("variant", "value"), [("1", 4), ("canary", 5), (ALL_TRAFFIC, 5)])
def test_a_variant(ask: Ask, variant: str, value: float) -> None:
    answer = ask('{"instances": [4.0]}', HP, X_Amzn_SageMaker_Target_Variant=variant)
    assert answer.json() == {"predictions": [value]}
    invoked = "2" if variant == ALL_TRAFFIC else variant
    assert answer.headers["x-amzn-invoked-production-variant"] == invoked


def test_a_model_of_a_multi_model_endpoint(ask: Ask) -> None:
    answer = ask('{"instances": [4.0]}', REVIEW, X_Amzn_SageMaker_Target_Model="hp.tar.gz")
    assert answer.json() == {"predictions": [5]}


def test_a_new_session(ask: Ask) -> None:
    answer = ask('{"features": "a"}', REVIEW, X_Amzn_SageMaker_Session_Id="NEW_SESSION")
    session, _, expires = answer.headers["x-amzn-sagemaker-new-session-id"].partition("; ")
    assert len(session) == 32
    assert expires.startswith("Expires=20")


def test_gzip(ask: Ask) -> None:
    body = gzip.compress(b'{"features": ["fine!"]}')
    assert ask(body, REVIEW, Content_Encoding="gzip").json()["predicted_label"] == "good"


@pytest.mark.parametrize(
    ("body", "headers", "status", "text"),
    [
        ("x", {"Content_Type": "image/png"}, 415, "The Content-Type 'image/png' is not read"),
        ('{"features": "a"}', {"Accept": "image/png"}, 406, "Accept is 'image/png', but this"),
        ("", {}, 400, "JSON Parse error: The document is empty"),
        ("", CSV, 400, "The CSV has no rows"),
        ("\n", LINES, 400, "The body has no lines"),
        ('"open', CSV, 400, "Row 1 of the CSV is broken at its field 1"),
        ("a,b", CSV, 400, "Row 1 has 2 texts, but the model takes 1 (text); in a CSV, quote"),
        ('{"features": [1]}', {}, 400, "Question 1 is no object of the form"),
        ('{"source": "a"}\n{"features": "a"}', LINES, 400, "Question 2 is no object of the"),
        ('{"instances": ["a"], "configuration": {"k": 0}}', {}, 400, "'k' must be a whole num"),
        ("x" * (2**20 + 1), {}, 413, "The request body is larger than the limit"),
    ],
)
def test_refused(ask: Ask, body: str, headers: dict[str, str], status: int, text: str) -> None:
    answer = ask(body, **headers, **ATTRIBUTES)
    assert answer.status_code == status
    assert text in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "headers", "text"),
    [
        ('{"features": "a"}', {}, "Model hp is no classifier of texts"),
        ("a", CSV, "The CSV has 'a' where a number is needed"),
        ("1_0", CSV, "The CSV has '1_0' where a number is needed"),
        ('{"junk": 1}', {}, "Failed to process element: 0 key: junk of 'instances' list."),
    ],
)
def test_refused_by_a_model_of_numbers(
    ask: Ask, body: str, headers: dict[str, str], text: str
) -> None:
    answer = ask(body, **headers, **hp_attributes())
    assert answer.status_code == 400
    assert text in answer.json()["error"]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (",tfs-method=train", "tfs-method is 'train'; allowed are predict, classify, regress"),
        (",tfs-model-version=new", "tfs-model-version is 'new'; give a number"),
    ],
)
def test_attributes_that_cannot_be(ask: Ask, more: str, text: str) -> None:
    answer = ask('{"instances": [1.0]}', **hp_attributes(more))
    assert (answer.status_code, answer.json()["error"]) == (400, text)


def test_several_models_and_none_is_named(ask: Ask) -> None:
    answer = ask('{"instances": [1.0]}')
    assert answer.status_code == 400
    assert "The request names no model, and this server has several: hp, " in answer.json()["error"]


@pytest.mark.parametrize("path", ["/", "/models/hp", "/endpoints//invocations", "/v1/models/hp"])
def test_other_paths(ask: Ask, path: str) -> None:
    assert ask("{}", path).status_code in {404, 424}


def test_errors_of_the_runtime(ask: Ask) -> None:
    missing = ask("{}", "/endpoints/nowhere/invocations")
    assert missing.status_code == 400
    assert missing.headers["x-amzn-errortype"] == "ValidationError"
    assert missing.json() == {"Message": "Endpoint nowhere not found."}
    wrong = ask("x", REVIEW, Content_Type="image/png")
    assert wrong.status_code == 424
    assert wrong.headers["x-amzn-errortype"] == "ModelError"
    assert wrong.json()["OriginalStatusCode"] == 415
    assert "is not read here" in wrong.json()["OriginalMessage"]
