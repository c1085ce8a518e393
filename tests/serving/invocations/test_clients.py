"""`boto3` and the `Predictor` of SageMaker's SDK 2 ask us without a change."""

from typing import Any

import pytest

from tests.bert_aas.bias.oracles import answers_of

pytestmark = pytest.mark.slow  # the SDK takes many seconds to import

TEXT = '{"features": ["fine!"]}'
CALLS: list[dict[str, Any]] = [
    {"EndpointName": "review", "ContentType": "application/json", "Body": TEXT},
    {
        "EndpointName": "hp",
        "ContentType": "text/csv",
        "Body": "4.0\n6.0",
        "Accept": "text/csv",
        "TargetVariant": "stable",
        "SessionId": "NEW_SESSION",
        "InferenceId": "i1",
        "CustomAttributes": "tfs-method=predict",
    },
    {"EndpointName": "review", "ContentType": "image/png", "Body": b"x".decode()},
    {"EndpointName": "nowhere", "ContentType": "application/json", "Body": "{}"},
    {"EndpointName": "review", "ContentType": "application/json", "Body": TEXT, "Accept": "a/b"},
]
PREDICTS: list[dict[str, Any]] = [
    {
        "endpoint": "review",
        "serializer": "JSONLinesSerializer",
        "deserializer": "JSONLinesDeserializer",
        "data": [{"features": ["fine!"]}, {"features": ["dull"]}],
    },
    {
        "endpoint": "review",
        "serializer": "CSVSerializer",
        "deserializer": "CSVDeserializer",
        "data": [["fine, really!"], ["dull"]],
    },
    {
        "endpoint": "review",
        "serializer": "JSONSerializer",
        "deserializer": "JSONDeserializer",
        "data": {"instances": ["fine!"], "configuration": {"k": 1}},
    },
    {
        "endpoint": "hp",
        "serializer": "CSVSerializer",
        "deserializer": "JSONDeserializer",
        "data": [[4.0, 6.0]],
        "more": {"target_variant": "2", "custom_attributes": "tfs-model-version=1"},
    },
]


@pytest.fixture(scope="module")
def answers(invocations_url: str) -> list[dict[str, Any]]:
    calls = [{"url": invocations_url, "call": call} for call in CALLS]
    predicts = [{"url": invocations_url, **predict} for predict in PREDICTS]
    return answers_of("tests.serving.invocations.client_answers", [*calls, *predicts])


def test_boto3_classifies_a_text(answers: list[dict[str, Any]]) -> None:
    assert answers[0] == {
        "Body": '{"probability": 0.9, "predicted_label": "good"}',
        "ContentType": "application/json",
        "InvokedProductionVariant": "1",
    }


def test_boto3_sends_all_it_can(answers: list[dict[str, Any]]) -> None:
    assert answers[1]["Body"] == "4.0\n5.0\n"  # x/2 + 2
    assert answers[1]["ContentType"] == "text/csv"
    assert answers[1]["InvokedProductionVariant"] == "stable"
    assert "; Expires=20" in answers[1]["NewSessionId"]


@pytest.mark.parametrize(
    ("place", "kind", "text", "status"),
    [
        (2, "ModelError", "The Content-Type 'image/png' is not read here", 415),
        (3, "ValidationError", "Endpoint nowhere not found.", None),
        (4, "ModelError", "Accept is 'a/b', but this answer is given as", 406),
    ],
)
def test_boto3_raises(
    answers: list[dict[str, Any]], place: int, kind: str, text: str, status: int | None
) -> None:
    assert answers[place]["kind"] == kind
    assert text in answers[place]["message"]
    assert answers[place]["original_status"] == status


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (
            0,
            [
                {"probability": 0.9, "predicted_label": "good"},
                {"probability": 0.7, "predicted_label": "bad"},
            ],
        ),
        (1, [["good", "0.9"], ["bad", "0.7"]]),
        (2, [{"label": ["__label__good"], "prob": [0.9]}]),
        (3, {"predictions": [[4.0, 5.0]]}),
    ],
)
def test_the_sdk_predicts(answers: list[dict[str, Any]], place: int, expected: object) -> None:
    assert answers[len(CALLS) + place]["answer"] == expected
