"""What a person reads of a verdict."""

import json

import pytest

from bert_aas.conditions.evaluating import Verdict, evaluate
from bert_aas.conditions.params import ConditionParams
from bert_aas.conditions.telling import blessing_sentence

DOCUMENT = {"metrics": {"accuracy": {"value": 0.8}}}
SHORT = {"name": "threshold", "metric": "accuracy", "bound": 0.7}
GOOD = {"name": "good", "metric": "accuracy", "bound": 0.6}
BAD = {"name": "bad", "metric": "accuracy", "bound": 0.9}
LATER = {"name": "fair", "metric": "bias.after.RD", "operator": "<=", "bound": 0.1}
OPEN = "and a later node decides 'fair'"


def verdict(*conditions: dict[str, object]) -> Verdict:
    listed = [ConditionParams.model_validate_json(json.dumps(one)) for one in conditions]
    return evaluate(listed, DOCUMENT, later=("bias.after.",))


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([SHORT], "blessed: accuracy is fine"),
        ([SHORT, GOOD], "blessed: accuracy is fine, and 1 of 1 other conditions hold"),
        (
            [GOOD, BAD],
            "not blessed: accuracy is fine, and 1 of 2 other conditions hold, not 'bad' (accuracy "
            "0.8000 is below 0.9: failed)",
        ),
        ([LATER], f"undecided: accuracy is fine, and 0 of 1 other conditions hold, {OPEN}"),
        (
            [BAD, LATER],
            "not blessed: accuracy is fine, and 0 of 2 other conditions hold, not 'bad' (accuracy "
            f"0.8000 is below 0.9: failed), {OPEN}",
        ),
    ],
)
def test_sentences(conditions: list[dict[str, object]], expected: str) -> None:
    assert blessing_sentence("accuracy is fine", verdict(*conditions)) == expected


def test_limits_of_a_later_node_leave_a_good_model_open_and_no_bad_one() -> None:
    limits = "and a later node holds it against `bias.max`"
    good, bad = (
        blessing_sentence("accuracy is fine", verdict(one), limits_later=True)
        for one in (GOOD, BAD)
    )
    assert good == f"undecided: accuracy is fine, and 1 of 1 other conditions hold, {limits}"
    assert bad.startswith("not blessed: accuracy is fine, and 0 of 1 other conditions hold")
