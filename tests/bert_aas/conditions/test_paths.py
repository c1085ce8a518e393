"""Paths into JSON."""

from typing import Any

import pytest

from bert_aas.conditions.params import ConditionParams
from bert_aas.conditions.paths import at_path
from bert_aas.conditions.subjects import path_of

ODD = "it's [a] \\ key."
CONTENT = {
    "metrics": {"accuracy": {"value": 0.9}},
    "classes": {ODD: {"recall": {"value": 0.5}}, "-1": {"recall": {"value": 0.25}}},
    "list": [{"a b": 1}, 2],
    "none": None,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metrics.accuracy.value", 0.9),
        ("$.metrics.accuracy.value", 0.9),
        ("$['metrics'][\"accuracy\"].value", 0.9),
        ("classes.-1.recall.value", 0.25),
        ("list[0]['a b']", 1),
        ("list[1]", 2),
        ("none", None),
    ],
)
def test_found(path: str, value: Any) -> None:
    assert at_path(CONTENT, path) == value


def test_the_path_of_a_condition_is_read_back() -> None:
    given = {"name": "it", "metric": "recall", "class": ODD, "bound": 0.5}
    assert at_path(CONTENT, path_of(ConditionParams.model_validate(given))) == 0.5


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("metrics.recall.value", "leads nowhere: there is no 'recall'"),
        ("metrics.accuracy.value.more", "leads nowhere: there is no 'more'"),
        ("list[2]", "leads nowhere: there is no 2"),
        ("none.more", "leads nowhere"),
        ("metrics[", "is no path"),
        ("a..b", "is no path"),
    ],
)
def test_refused(path: str, reason: str) -> None:
    with pytest.raises(ValueError, match="path") as refused:
        at_path(CONTENT, path)
    assert reason in str(refused.value)
