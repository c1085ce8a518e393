"""Conditions that mean nothing are refused in one sentence."""

from typing import Any

import pytest
from pydantic import ValidationError

from bert_aas.conditions.checking import Known, check, check_classes
from bert_aas.conditions.params import ConditionParams

KNOWN = Known(tests=("praise",), slices=("shop",), bias_before=True, bias_after=True)


def condition(**given: Any) -> ConditionParams:
    tuples = {key: tuple(one) if isinstance(one, list) else one for key, one in given.items()}
    return ConditionParams.model_validate({"name": "it", **tuples})


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"metric": "acuracy", "bound": 0.5}, "'acuracy' is no metric; known are accuracy, "),
        ({"metric": "recall", "bound": 0.5}, "'recall' is measured by class: give `class`"),
        ({"metric": "accuracy", "class": "a", "bound": 0.5}, "'accuracy' is no metric of a class"),
        ({"metric": "bias.before.DPX", "bound": 0.5}, "'bias.before.DPX' is no figure; known are"),
        ({"metric": "bias.after.DPL", "bound": 0.5}, "'bias.after.DPL' is no figure; known are"),
        ({"metric": "tests.blame", "bound": 0.5}, "there is no test 'blame'; there are praise"),
        ({"metric": "latency_ms", "slice": "shop=a", "bound": 1}, "'latency_ms' has no slices"),
        ({"metric": "model_size_mb", "bound": -1, "operator": "<="}, "is from 0"),
        ({"metric": "accuracy", "bound": 1.2}, "no model can meet >= 1.2: accuracy is from 0 to 1"),
        ({"metric": "accuracy", "bound": 1, "operator": ">"}, "no model can meet > 1"),
        ({"metric": "accuracy", "bound": 0, "operator": "<"}, "no model can meet < 0"),
        ({"metric": "accuracy", "bound": -0.1, "operator": "<="}, "no model can meet <= -0.1"),
        ({"metric": "accuracy", "bound": 1.1, "operator": "=="}, "no model can meet == 1.1"),
        (
            {"metric": "accuracy", "bound": (1.1, 2), "operator": "in"},
            "no model can meet in 1.1 to 2",
        ),
        ({"metric": "accuracy", "bound": (0.9, 0.8), "operator": "in"}, "0.9 to 0.8 is empty"),
        (
            {"metric": "accuracy", "slice": "age=3", "bound": 0.5},
            "'age' is not one of `evaluate.slices`, which are shop",
        ),
        ({"metric": "tests.praise", "bound": "baseline"}, "is not measured on the baseline"),
        ({"operator": "or", "of": ["threshold", "nobody"]}, "names 'nobody', which is no cond"),
        ({"operator": "not", "of": ["it"]}, "the conditions go in a circle: 'it' > 'it'"),
        ({"name": "max_drop", "metric": "auc", "bound": 1}, "'max_drop' is given twice, or is"),
        ({"name": "test praise", "metric": "auc", "bound": 1}, "'test praise' is given twice"),
    ],
)
def test_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=r"^(the condition|the name)") as refused:
        check([condition(**given)], KNOWN)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_long_circle_is_named() -> None:
    ring = {"a": "b", "b": "c", "c": "a", "d": "threshold"}
    conditions = [condition(name=name, operator="not", of=[of]) for name, of in ring.items()]
    with pytest.raises(ValueError, match="circle: 'a' > 'b' > 'c' > 'a'"):
        check(conditions, KNOWN)


def test_bias_needs_its_node() -> None:
    given = condition(metric="bias.before.DPL", bound=0.1, operator="<=")
    check([given], KNOWN)
    with pytest.raises(ValueError, match=r"needs `bias\.enabled: true`"):
        check([given], Known())


def test_bias_after_the_training_needs_its_node() -> None:
    given = condition(metric="bias.after.RD", bound=0.1, operator="<=")
    check([given], KNOWN)
    with pytest.raises(ValueError, match=r"needs .* and `bias\.after_training: true`"):
        check([given], Known(bias_before=True))


@pytest.mark.parametrize(
    "given",
    [
        {"metric": "accuracy", "bound": 1},
        {"metric": "accuracy", "bound": 0, "operator": "<="},
        {"metric": "accuracy", "bound": 1.1, "operator": "==", "allowed": 0.2},
        {"metric": "auc", "class": "*", "slice": "shop=*", "bound": 0.5},
        {"metric": "latency_ms", "bound": "baseline", "operator": "<=", "allowed": 5},
        {"metric": "bias.after.DI", "bound": (0.8, 1.25), "operator": "in"},
        {"operator": "or", "of": ["threshold", "test praise"]},
    ],
)
def test_sound(given: dict[str, Any]) -> None:
    check([condition(**given)], KNOWN)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"metric": "accuracy", "bound": 0.5, "operator": "=>"}, "Input should be '>=', '<='"),
        ({"metric": "accuracy"}, "needs `metric` and `bound`"),
        ({"bound": 0.5}, "needs `metric` and `bound`"),
        ({"operator": "and"}, "needs `of` with names of conditions"),
        ({"operator": "not", "of": ["a", "b"]}, "with 'not' needs `of` with one name"),
        ({"operator": "or", "of": ["a"], "bound": 1}, "has `of` and no metric or bound"),
        ({"metric": "auc", "bound": 1, "of": ["a"]}, "has `of`, which needs the operator and"),
        ({"metric": "auc", "bound": 1, "operator": "in"}, "needs a bound of two numbers with 'in'"),
        ({"metric": "auc", "bound": (0, 1)}, "needs a bound of two numbers with 'in'"),
        ({"metric": "auc", "bound": 1, "allowed": 0.1}, "has `allowed`, which needs the bound"),
        ({"metric": "auc", "bound": float("nan")}, "finite number"),
    ],
)
def test_what_does_not_fit_together(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as refused:
        condition(**given)
    assert reason in str(refused.value)


def test_a_class_that_the_data_do_not_have() -> None:
    given = [condition(metric="recall", bound=0.5, **{"class": one}) for one in (1, "*", "worse")]
    with pytest.raises(ValueError, match=r"names the class 'worse', .* their classes are -1, 1"):
        check_classes(given, ["1", "-1"])
