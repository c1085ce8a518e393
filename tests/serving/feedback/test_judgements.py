import math
from typing import Any

import pytest

from serving.errors import InvalidArgumentError
from serving.feedback.ids import MAX_ID
from serving.feedback.judgements import Judgement, read_judgement


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"inference_id": "a", "label": "good"}, Judgement("a", ("good",))),
        ({"request_id": "a", "label": ["good", "bad"]}, Judgement("a", ("good", "bad"))),
        ({"request_id": "a", "label": 5}, Judgement("a", ("5",))),
        ({"inference_id": "a", "reward": 0.25}, Judgement("a", reward=0.25)),
        ({"inference_id": "a", "reward": True}, Judgement("a", reward=1.0)),
        ({"inference_id": "a", "reward": 0, "label": None}, Judgement("a", reward=0.0)),
        ({"inference_id": "a" * 999, "reward": 1}, Judgement("a" * MAX_ID, reward=1.0)),
    ],
)
def test_reads_feedback(document: dict[str, Any], expected: Judgement) -> None:
    assert read_judgement(document) == expected


ONE = {"inference_id": "a"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "needs either inference_id or request_id, one of them"),
        ({"label": "good"}, "needs either inference_id or request_id"),
        ({**ONE, "request_id": "b", "label": "good"}, "one of them"),
        (ONE, "needs either label or reward"),
        ({**ONE, "label": "good", "reward": 1}, "needs either label or reward"),
        ({"inference_id": 5, "label": "good"}, "inference_id of feedback must be a text"),
        ({"request_id": "", "label": "good"}, "request_id of feedback must be a text"),
        ({**ONE, "label": []}, "label of feedback must be a text, or a list"),
        ({**ONE, "label": {"a": 1}}, "label of feedback must be a text, or a list"),
        ({**ONE, "label": [["good"]]}, "label of feedback must be a text, or a list"),
        ({**ONE, "reward": "much"}, "must be a number from 0 to 1"),
        ({**ONE, "reward": 1.5}, "must be a number from 0 to 1"),
        ({**ONE, "reward": -0.1}, "must be a number from 0 to 1"),
        ({**ONE, "reward": math.nan}, "must be a number from 0 to 1"),
        ({**ONE, "reward": 10**400}, "must be a number from 0 to 1"),
        ({**ONE, "reward": 1, "colour": "red"}, "has no field 'colour'"),
    ],
)
def test_what_is_no_feedback_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        read_judgement(document)
