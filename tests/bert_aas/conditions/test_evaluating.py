"""Conditions over figures that a test makes up."""

from typing import Any

import pytest

from bert_aas.conditions.document import with_bias
from bert_aas.conditions.evaluating import Verdict, as_json, evaluate
from bert_aas.conditions.params import ConditionParams, short_form

DOCUMENT: dict[str, Any] = {
    "has_baseline": True,
    "metrics": {
        "accuracy": {"value": 0.85, "baseline": 0.86},
        "macro_f1": {"value": None, "baseline": 0.8},
        "unknown_rows": {"value": 3.0, "baseline": 0.0},
        "auc": {"value": 0.9, "baseline": None},
    },
    "classes": {
        "good": {"recall": {"value": 0.9, "baseline": 0.8}, "rows": {"value": 20.0}},
        "bad": {"recall": {"value": 0.4, "baseline": 0.6}, "rows": {"value": 10.0}},
        "never": {"recall": {"value": None}, "rows": {"value": 0.0}},
    },
    "slices": {
        "shop=north": {
            "metrics": {"accuracy": {"value": 0.7}},
            "classes": {"bad": {"recall": {"value": 0.3}}},
        },
        "shop=south": {"metrics": {"accuracy": {"value": 0.95}}, "classes": {}},
    },
    "model": {"model_size_mb": {"value": 12.5, "baseline": 10.0}, "latency_ms": {"value": 8.0}},
    "tests": {"praise": {"share": {"value": 0.75}}},
}


def decided(*conditions: dict[str, Any], document: Any = None, **options: Any) -> Verdict:
    parsed = [_parsed(one) for one in conditions]
    return evaluate(parsed, DOCUMENT if document is None else document, **options)


def _parsed(given: dict[str, Any]) -> ConditionParams:
    tuples = {key: tuple(one) if isinstance(one, list) else one for key, one in given.items()}
    return ConditionParams.model_validate({"name": "it", **tuples})


def outcome(condition: dict[str, Any], document: Any = None) -> str:
    return decided(condition, document=document).findings[0].outcome


@pytest.mark.parametrize(
    ("operator", "bound", "expected"),
    [
        (">=", 0.85, "passed"),
        (">=", 0.8500001, "failed"),
        ("<=", 0.85, "passed"),
        ("<=", 0.8499, "failed"),
        (">", 0.84, "passed"),
        (">", 0.85, "failed"),
        ("<", 0.86, "passed"),
        ("<", 0.85, "failed"),
        ("==", 0.85, "passed"),
        ("==", 0.86, "failed"),
        ("in", (0.85, 0.9), "passed"),
        ("in", (0.8, 0.85), "passed"),
        ("in", (0.86, 0.9), "failed"),
    ],
)
def test_every_operator(operator: str, bound: Any, expected: str) -> None:
    assert outcome({"metric": "accuracy", "operator": operator, "bound": bound}) == expected


def test_the_last_digits_of_a_float_decide_nothing() -> None:
    document = {"metrics": {"accuracy": {"value": 0.1 + 0.2}}}
    for operator, expected in {"<=": "passed", ">": "failed", "==": "passed"}.items():
        condition = {"metric": "accuracy", "operator": operator, "bound": 0.3}
        assert outcome(condition, document) == expected
    below = {"metrics": {"accuracy": {"value": 1 - 0.9}}}  # 0.09999999999999998
    for operator, expected in {">=": "passed", "<": "failed"}.items():
        assert (
            outcome({"metric": "accuracy", "operator": operator, "bound": 0.1}, below) == expected
        )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"metric": "accuracy", "allowed": 0.01}, "passed"),  # 0.85 - 0.86 is below -0.01 in floats
        ({"metric": "accuracy", "allowed": 0.009}, "failed"),
        ({"metric": "accuracy"}, "failed"),
        ({"metric": "unknown_rows", "operator": "<=", "allowed": 3}, "passed"),
        ({"metric": "unknown_rows", "operator": "<=", "allowed": 2}, "failed"),
        ({"metric": "model_size_mb", "operator": "<", "allowed": 2.5}, "failed"),
        ({"metric": "model_size_mb", "operator": "==", "allowed": 2.5}, "passed"),
        ({"metric": "recall", "class": "*", "allowed": 0.1}, "failed"),
        ({"metric": "recall", "class": "*", "allowed": 0.2}, "passed"),
    ],
)
def test_against_the_baseline(given: dict[str, Any], expected: str) -> None:
    assert outcome({"bound": "baseline", **given}) == expected


def test_without_a_baseline_there_is_nothing_to_compare_with() -> None:
    document = {**DOCUMENT, "has_baseline": False}
    condition = {"metric": "accuracy", "bound": "baseline"}
    opposite = {"name": "opposite", "operator": "not", "of": ["it"]}
    found = decided(condition, opposite, document=document).findings
    assert [one.outcome for one in found] == ["passed", "passed"]
    assert found[0].sentence == "accuracy is 0.8500, and there is no earlier blessed model: passed"


def test_a_baseline_that_could_not_be_measured_passes_nothing() -> None:
    found = decided({"metric": "auc", "bound": "baseline", "allowed": 1}).findings[0]
    assert (found.outcome, found.measured) == ("not_measured", 0.9)
    assert "the latest blessed model's auc could not be computed" in found.sentence


@pytest.mark.parametrize(
    ("given", "measured", "expected"),
    [
        ({"metric": "recall", "class": "bad", "bound": 0.4}, 0.4, "passed"),
        ({"metric": "recall", "class": "never", "bound": 0.4}, None, "not_measured"),
        ({"metric": "recall", "class": "absent", "bound": 0.4}, None, "not_measured"),
        ({"metric": "recall", "class": "*", "bound": 0.5}, 0.4, "failed"),
        ({"metric": "recall", "class": "*", "operator": "<=", "bound": 0.95}, 0.9, "passed"),
        ({"metric": "accuracy", "slice": "shop=north", "bound": 0.7}, 0.7, "passed"),
        ({"metric": "accuracy", "slice": "shop=west", "bound": 0.7}, None, "not_measured"),
        ({"metric": "accuracy", "slice": "shop=*", "bound": 0.8}, 0.7, "failed"),
        ({"metric": "recall", "class": "bad", "slice": "shop=*", "bound": 0.2}, 0.3, "passed"),
        ({"metric": "macro_f1", "bound": 0.1}, None, "not_measured"),
        ({"metric": "latency_ms", "operator": "<=", "bound": 10}, 8.0, "passed"),
        ({"metric": "model_size_mb", "operator": "<=", "bound": 12}, 12.5, "failed"),
        ({"metric": "tests.praise", "bound": 0.75}, 0.75, "passed"),
        ({"metric": "tests.praise", "bound": 0.8}, 0.75, "failed"),
    ],
)
def test_every_kind_of_figure(given: dict[str, Any], measured: Any, expected: str) -> None:
    found = decided(given).findings[0]
    assert (found.measured, found.outcome) == (measured, expected)


COMPARISONS: list[dict[str, Any]] = [
    {
        "facet": "shop",
        "value_or_threshold": "north",
        "positive": ["good"],
        "metrics": [{"name": "DPL", "value": -0.3}, {"name": "CI", "value": 0.1}],
    },
    {
        "facet": "shop",
        "value_or_threshold": "south",
        "positive": ["bad"],
        "metrics": [{"name": "DPL", "value": 0.2}, {"name": "KL", "value": None}],
    },
]


@pytest.mark.parametrize(
    ("given", "measured", "expected"),
    [
        ({"bound": 0.25}, 0.3, "failed"),
        ({"bound": 0.3}, 0.3, "passed"),
        ({"bound": 0.25, "slice": "shop=south"}, 0.2, "passed"),
        ({"bound": 0.25, "class": "bad"}, 0.2, "passed"),
        ({"bound": 0.25, "slice": "age=*"}, None, "not_measured"),
    ],
)
def test_bias_is_how_far_a_figure_is_from_0(
    given: dict[str, Any], measured: Any, expected: str
) -> None:
    condition = {"metric": "bias.before.DPL", "operator": "<=", **given}
    found = decided(condition, document=with_bias(DOCUMENT, "before", COMPARISONS)).findings[0]
    assert (found.measured, found.outcome) == (measured, expected)


def test_a_ratio_of_bias_stays_as_it_is() -> None:
    comparisons = [
        {**COMPARISONS[0], "metrics": [{"name": "DI", "value": value}]} for value in (0.7, 1.1)
    ]
    condition = {"metric": "bias.after.DI", "operator": "in", "bound": (0.8, 1.25)}
    found = decided(condition, document=with_bias({}, "after", comparisons)).findings[0]
    assert (found.measured, found.outcome) == (0.7, "failed")


def test_what_a_later_node_measures_is_deferred() -> None:
    after = {"metric": "bias.after.DPPL", "operator": "<=", "bound": 0.1}
    verdict = decided(after, later=("bias.after.",))
    assert verdict.passed
    assert verdict.deferred == ("it",)
    settled = decided(after, document=with_bias({}, "after", []), later=())
    assert [one.condition.name for one in settled.refused] == ["it"]


P = {"metric": "accuracy", "bound": 0.5}
F = {"metric": "accuracy", "bound": 0.9}
N = {"metric": "macro_f1", "bound": 0.5}
D = {"metric": "bias.after.DPPL", "bound": 0.5, "operator": "<="}


@pytest.mark.parametrize(
    ("operator", "parts", "expected"),
    [
        ("and", [P, P], "passed"),
        ("and", [P, F], "failed"),
        ("and", [F, N], "failed"),
        ("and", [P, N], "not_measured"),
        ("and", [P, D], "deferred"),
        ("and", [F, D], "failed"),
        ("or", [F, F], "failed"),
        ("or", [F, P], "passed"),
        ("or", [N, P], "passed"),
        ("or", [N, F], "not_measured"),
        ("or", [D, F], "deferred"),
        ("or", [D, P], "passed"),
        ("not", [P], "failed"),
        ("not", [F], "passed"),
        ("not", [N], "not_measured"),
        ("not", [D], "deferred"),
    ],
)
def test_conditions_joined(operator: str, parts: list[dict[str, Any]], expected: str) -> None:
    named = [{**part, "name": f"part {place}"} for place, part in enumerate(parts)]
    joined = {"operator": operator, "of": [part["name"] for part in named]}
    verdict = decided(joined, *named, later=("bias.after.",))
    assert verdict.findings[0].outcome == expected
    assert verdict.passed == (expected in {"passed", "deferred"})


def test_a_condition_that_another_names_counts_through_that_alone() -> None:
    parts = [{"name": "low", **P}, {"name": "high", **F}]
    assert not decided(*parts).passed
    verdict = decided(*parts, {"operator": "or", "of": ["low", "high"]})
    assert verdict.passed
    assert [one.decides for one in verdict.findings] == [False, False, True]
    assert verdict.findings[2].sentence == "one of 'low' (passed), 'high' (failed): passed"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"metric": "accuracy", "bound": 0.8}, "accuracy 0.8500 is at least 0.8: passed"),
        (
            {"metric": "accuracy", "bound": 0.85000001},
            "accuracy 0.8500 is below 0.85000001: failed",
        ),
        (
            {"metric": "recall", "class": "bad", "operator": "in", "bound": (0.5, 0.9)},
            "recall of the class 'bad' 0.4000 is not within 0.5 to 0.9: failed",
        ),
        (
            {"metric": "recall", "class": "*", "bound": 0.1},
            "recall of the class 'bad' 0.4000, the nearest to its bound of 3, is at least 0.1: "
            "passed",
        ),
        (
            {"metric": "accuracy", "bound": "baseline", "allowed": 0.02},
            "accuracy 0.8500 is at least the latest blessed model's 0.8600 less 0.02: passed",
        ),
        (
            {"metric": "unknown_rows", "operator": "<=", "bound": 0},
            "unknown_rows 3 is above 0: failed",
        ),
        ({"metric": "macro_f1", "bound": 0.1}, "macro_f1 could not be computed: not_measured"),
        (
            {"metric": "tests.praise", "bound": 1},
            "the share of passed rows of the test 'praise' 0.7500 is below 1: failed",
        ),
    ],
)
def test_the_sentence(given: dict[str, Any], sentence: str) -> None:
    assert decided(given).findings[0].sentence == sentence


def test_for_programs() -> None:
    given = [{"metric": "recall", "class": "bad", "bound": 0.5}, {"name": "fine", **P}]
    found = as_json(decided(*given))
    assert found["verdict"] == {
        "passed": False,
        "failed": ["it"],
        "deferred": [],
        "sentence": "1 of 2 conditions hold; 'it' recall of the class 'bad' 0.4000 is below 0.5: "
        "failed",
    }
    first = found["conditions"][0]
    assert first["what"] == "classes['bad'].recall.value"
    assert (first["class"], first["operator"], first["bound"]) == ("bad", ">=", 0.5)
    assert (first["measured"], first["outcome"], first["decides"]) == (0.4, "failed", True)


@pytest.mark.parametrize(
    ("value", "baseline", "passed"),
    [
        (0.6, None, True),
        (0.59, None, False),
        (0.85, 0.86, True),
        (0.85, 0.8601, False),
        (None, 0.8, False),
    ],
)
def test_the_short_form(value: Any, baseline: Any, passed: Any) -> None:
    document = {
        "has_baseline": baseline is not None,
        "metrics": {"accuracy": {"value": value, "baseline": baseline}},
    }
    assert evaluate(short_form("accuracy", 0.6, 0.01), document).passed is passed
