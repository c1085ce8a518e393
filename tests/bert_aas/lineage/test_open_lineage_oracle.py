"""OpenLineage's own client makes the same events, addresses of the schemas included."""

import copy
from typing import Any

import pytest

from bert_aas.lineage.open_lineage import run_events
from tests.bert_aas.bias.oracles import answers_of
from tests.bert_aas.lineage.lineages import small

pytestmark = pytest.mark.slow  # its libraries are of `.venv-oracles`

EVENTS = run_events(small())


def wrong() -> list[dict[str, Any]]:
    """Events that are no longer right: a run, a moment, a key."""
    changed = [copy.deepcopy(EVENTS[0]) for _ in range(3)]
    changed[0]["run"]["runId"] = "r1"
    changed[1]["eventTime"] = "noon"
    changed[2]["job"]["owner"] = "ann"
    return changed


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    return answers_of("tests.bert_aas.lineage.open_lineage_answers", [*EVENTS, *wrong()])


def without_empty(value: Any) -> Any:
    """Leave empty objects out: the client adds one for facets that a thing does not have."""
    if isinstance(value, dict):
        return {key: without_empty(one) for key, one in value.items() if one != {}}
    return [without_empty(one) for one in value] if isinstance(value, list) else value


def test_the_client_would_send_the_same(answers: list[dict[str, Any]]) -> None:
    assert len(EVENTS) == 4
    assert without_empty(answers[: len(EVENTS)]) == EVENTS


@pytest.mark.parametrize("place", range(3))
def test_the_client_would_say_so(answers: list[dict[str, Any]], place: int) -> None:
    assert answers[len(EVENTS) + place]["error"]
