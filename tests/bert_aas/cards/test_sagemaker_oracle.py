"""SageMaker's own SDK reads our cards, and would send what we wrote."""

import json
from typing import Any

import pytest

from bert_aas.cards.facts import Data, ModelFacts
from bert_aas.cards.human import CardParams
from bert_aas.cards.sagemaker import sagemaker_card
from bert_aas.contracts.plain_text import printable_json
from tests.bert_aas.bias.oracles import answers_of
from tests.bert_aas.cards.sample import facts, human
from tests.bert_aas.cards.test_sagemaker import huge

pytestmark = pytest.mark.slow  # the SDK takes many seconds to import

NAMES = ("sample", "bare", "huge")
CARDS = [
    sagemaker_card(facts(), human()),
    sagemaker_card(ModelFacts("toy", "7", "/served/7", "r1", "2026", Data("")), CardParams()),
    sagemaker_card(*huge()),
]
COLOURED = {"name": "b", "metric_data": [{"name": "c", "type": "colour", "value": 1}]}
WRONG = [
    {**CARDS[0], "surprise": "a key that no card has"},
    {**CARDS[0], "intended_uses": {"risk_rating": "Tiny"}},
    {**CARDS[0], "evaluation_details": [{"name": "a", "metric_groups": [COLOURED]}]},
]


@pytest.fixture(scope="module")
def answers() -> list[dict[str, Any]]:
    return answers_of("tests.bert_aas.cards.sagemaker_answers", [*CARDS, *WRONG])


def without_empty(value: Any) -> Any:
    """Leave empty lists out: the SDK adds one for each list that a card does not have."""
    if isinstance(value, dict):
        return {key: without_empty(one) for key, one in value.items() if one != []}
    return [without_empty(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("place", range(len(CARDS)), ids=NAMES)
def test_nothing_of_a_card_is_lost(answers: list[dict[str, Any]], place: int) -> None:
    read, card = answers[place], json.loads(json.dumps(CARDS[place]))
    assert read.get("error") is None
    assert without_empty(read["content"]) == without_empty(card)
    assert len(printable_json(card)) <= read["most"]


@pytest.mark.parametrize("place", range(len(WRONG)))
def test_the_sdk_would_say_so(answers: list[dict[str, Any]], place: int) -> None:
    assert answers[len(CARDS) + place]["error"]
