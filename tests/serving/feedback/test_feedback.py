from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from bert_aas.traffic.statistics.intervals import Rewards
from serving.errors import InvalidArgumentError, ServingError
from serving.feedback.feedback import Feedback, FeedbackOptions, Taken


@dataclass(frozen=True)
class Answer:
    outputs: Any
    model: str = "m"
    version: int = 4


LABELLED = Answer({"label": np.array([b"good", b"bad"], dtype=object)})
NUMBERS = Answer({"y": np.array([5.0])})


@pytest.fixture
def seen() -> list[tuple[str, Taken]]:
    return []


@pytest.fixture
def feedback(seen: list[tuple[str, Taken]]) -> Feedback:
    return Feedback(FeedbackOptions(10, 60.0), lambda model, taken: seen.append((model, taken)))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-inference-id": "i"}, "i"),
        ({"x-amzn-sagemaker-inference-id": "s"}, "s"),
        ({"x-request-id": "r"}, "r"),
        ({"x-request-id": "r", "x-inference-id": "i"}, "i"),
        ({"x-inference-id": "i" * 999}, "i" * 256),
    ],
)
def test_a_clients_own_id_is_kept(
    feedback: Feedback, headers: dict[str, str], expected: str
) -> None:
    assert feedback.remember(LABELLED, headers, "") == expected
    assert feedback.give("m", {"inference_id": expected, "reward": 1}) == Taken(4, 1.0)


def test_an_answer_without_an_id_gets_one_of_its_own(feedback: Feedback) -> None:
    first, second = (feedback.remember(LABELLED, {}, "") for _ in range(2))

    assert first != second
    assert feedback.give("m", {"inference_id": first, "reward": 1}).reward == 1.0


def test_both_ids_of_a_request_are_known(feedback: Feedback) -> None:
    feedback.remember(LABELLED, {"x-request-id": "r", "x-inference-id": "i"}, "")

    assert feedback.give("m", {"request_id": "r", "reward": 1}) == Taken(4, 1.0)


def test_the_reward_of_labels_is_the_share_of_right_rows(
    feedback: Feedback, seen: list[tuple[str, Taken]]
) -> None:
    name = feedback.remember(LABELLED, {}, "plan")

    assert feedback.give("m", {"inference_id": name, "label": ["good", "good"]}) == Taken(
        4, 0.5, "plan"
    )

    tally = feedback.tallies.of("m")
    assert tally.accuracy == tally.rewards == tally.chosen == {4: Rewards(0.5, 1)}
    assert seen == [("m", Taken(4, 0.5, "plan"))]


def test_a_reward_is_no_accuracy(feedback: Feedback) -> None:
    name = feedback.remember(NUMBERS, {}, "")

    feedback.give("m", {"inference_id": name, "reward": 0.25})

    tally = feedback.tallies.of("m")
    assert (tally.accuracy, tally.rewards, tally.chosen) == ({}, {4: Rewards(0.25, 1)}, {})


def test_labels_that_do_not_fit_are_refused_and_may_come_again(feedback: Feedback) -> None:
    name = feedback.remember(LABELLED, {}, "")

    with pytest.raises(InvalidArgumentError, match="has 2 rows, the feedback 1 labels"):
        feedback.give("m", {"inference_id": name, "label": "good"})

    assert feedback.give("m", {"inference_id": name, "label": ["good", "bad"]}).reward == 1.0


def test_labels_for_an_answer_without_labels_are_refused(feedback: Feedback) -> None:
    name = feedback.remember(NUMBERS, {}, "")

    with pytest.raises(InvalidArgumentError, match="are not known: give a reward instead"):
        feedback.give("m", {"inference_id": name, "label": "good"})


def test_refusals_are_counted_by_why(feedback: Feedback) -> None:
    name = feedback.remember(NUMBERS, {}, "")
    feedback.give("m", {"inference_id": name, "reward": 1})
    for document in ({}, {"inference_id": name, "reward": 1}, {"inference_id": "?", "reward": 1}):
        with pytest.raises(ServingError):
            feedback.give("m", document)

    report = feedback.report("m")

    assert report["refused"] == {"invalid": 1, "double": 1, "unknown": 1}
    assert report["remembered"] == 1
    assert report["versions"][0]["rewards"]["number"] == 1


def test_a_plan_without_answers_has_no_counts_of_the_one_before(feedback: Feedback) -> None:
    name = feedback.remember(NUMBERS, {}, "plan 1")
    feedback.give("m", {"inference_id": name, "reward": 1})

    report = feedback.report("m", "plan 2")

    assert report["experiment"] == "plan 2"
    assert report["versions"][0]["chosen"]["number"] == 0
    assert report["versions"][0]["rewards"]["number"] == 1
    assert feedback.report("m")["experiment"] == "plan 2"
