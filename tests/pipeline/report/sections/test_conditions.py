"""The section of the conditions and behavioural tests."""

import json
import re
from collections.abc import Sequence
from typing import Any

from bert_aas.behaviour.cases import Text
from bert_aas.behaviour.judging import as_json as behaviour_json
from bert_aas.behaviour.judging import run_tests
from bert_aas.behaviour.params import BehaviourParams
from bert_aas.conditions.evaluating import as_json, evaluate
from bert_aas.conditions.params import ConditionParams
from pipeline.report.pages.fragment import show_section
from pipeline.report.sections.conditions import SECTION, Conditions, shown
from tests.pipeline.report.sample import changed, full_report

GIVEN = [
    {"name": "<b>enough</b>", "metric": "accuracy", "bound": 0.8},
    {"name": "books", "metric": "accuracy", "slice": "kind=<i>", "operator": "in", "bound": [0, 1]},
    {"name": "small", "metric": "model_size_mb", "operator": "<=", "bound": 10},
    {"name": "as good", "metric": "auc", "bound": "baseline", "allowed": 0.02},
    {"name": "either", "operator": "or", "of": ["small", "as good"]},
    {"name": "later", "metric": "bias.after.DPPL", "operator": "<=", "bound": 0.1},
]
DOCUMENT = {
    "has_baseline": True,
    "metrics": {"accuracy": {"value": 0.75}, "auc": {"value": 0.9, "baseline": 0.91}},
    "model": {"model_size_mb": {"value": 12.5}},
}
TEST = {
    "name": "negation",
    "kind": "other",
    "rows": [{"text": "<b>fine</b>", "changed": "not fine"}, {"text": "a", "changed": "b"}],
    "min_share": 0.9,
}


def answer(texts: Sequence[Text]) -> list[str]:
    return ["good" if "fine" in one.text else one.text for one in texts]


def section(*, otherwise: str = "stop", given: Sequence[Any] = GIVEN) -> Conditions:
    parsed = [ConditionParams.model_validate_json(json.dumps(one)) for one in given]
    verdict = as_json(evaluate(parsed, DOCUMENT, later=("bias.after.",)))
    test = BehaviourParams.model_validate_json(json.dumps(TEST))
    tests = behaviour_json(run_tests([test], answer))
    written = json.loads(json.dumps([verdict, tests]))
    return shown(written[0]["conditions"], written[1]["tests"], otherwise)


def body(found: Conditions) -> str:
    return show_section(SECTION, changed(full_report(), conditions=found)).body


def text(found: Conditions) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body(found)))


def test_every_condition_with_its_figures() -> None:
    found = section()
    assert [row.state for row in found.rows] == [
        *("not met", "not measured", "not met", "met", "met", "deferred"),
    ]
    assert [row.bound for row in found.rows] == [
        *(">= 0.8", "in 0 to 1", "<= 10", ">= baseline (allowed: 0.02)", "or", "<= 0.1"),
    ]
    assert found.refused == ("<b>enough</b>", "books")
    assert [row.decides for row in found.rows] == [True, True, False, False, True, True]


def test_what_is_shown() -> None:
    page = text(section())
    assert "✗ Not met: &lt;b&gt;enough&lt;/b&gt;, books." in page
    assert "accuracy 0.7500 is below 0.8: failed" in page
    assert "part of another" in page
    assert "evaluate.command" not in page
    assert "evaluate.command is run then" in re.sub(" +", " ", text(section(otherwise="command")))


def test_a_model_that_meets_all() -> None:
    assert "✓ Every condition that counts is met." in text(section(given=GIVEN[2:]))


def test_failing_examples_of_behavioural_tests() -> None:
    (test,) = section().tests
    assert (test.rows, test.passed, test.is_met) == (2, 1, False)
    page = text(section())
    assert "negation must change the label 1 2 50.0 % 90.0 %" in page
    assert "negation: 1 failing example" in page
    assert "the label is &#39;good&#39; before and after the change" in page


def test_nothing_of_it_is_markup() -> None:
    page = body(section())
    for words in ("<b>enough", "<b>fine", "kind=<i>"):
        assert words not in page
