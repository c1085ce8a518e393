"""Refuse conditions that mean nothing, before any work, in one sentence."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bert_aas.conditions.params import ANY, SHORT_NAMES, ConditionParams
from bert_aas.conditions.subjects import AFTER, BEFORE, CLASSES, METRICS, TESTS, Subject, subject_of


@dataclass(frozen=True)
class Known:
    """What there is to be measured.

    Attributes:
        tests: Names of the behavioural tests.
        slices: Columns whose values are slices.
        bias_before: Whether bias is measured before the training.
        bias_after: Whether bias is measured after it.
    """

    tests: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    bias_before: bool = False
    bias_after: bool = False


def check(conditions: Sequence[ConditionParams], known: Known) -> None:
    """Check the conditions of a configuration.

    Args:
        conditions: The conditions beside those of the short form and of the tests.
        known: What there is to be measured.

    Raises:
        ValueError: For the first thing that is wrong.
    """
    test_names = tuple(name_of_test(name) for name in known.tests)
    taken: set[str] = {*SHORT_NAMES, *test_names}
    for one in conditions:
        if one.name in taken:
            raise ValueError(f"the name {one.name!r} is given twice, or is one of our own")
        taken.add(one.name)
    for one in conditions:
        try:
            _check_one(one, known)
        except ValueError as exc:
            raise ValueError(f"the condition {one.name!r}: {exc}") from exc
        for name in one.of:
            if name not in taken:
                raise ValueError(
                    f"the condition {one.name!r} names {name!r}, which is no condition; there are "
                    f"{', '.join(sorted(taken))}"
                )
    _check_circles({one.name: one.of for one in conditions})


def name_of_test(test: str) -> str:
    """Name the condition of a behavioural test."""
    return f"test {test}"


def condition_of_test(test: str, share: float) -> ConditionParams:
    """Make the condition of a behavioural test.

    Args:
        test: Name of the test.
        share: Which share of its rows must pass.

    Returns:
        The condition.
    """
    return ConditionParams(name=name_of_test(test), metric=f"{TESTS}.{test}", bound=share)


def check_classes(conditions: Iterable[ConditionParams], classes: Iterable[str]) -> None:
    """Refuse classes that the data do not have.

    Args:
        conditions: The conditions.
        classes: The classes of the data.

    Raises:
        ValueError: For the first one.
    """
    known = set(classes)
    for one in conditions:
        if one.class_name not in {None, ANY} | known:
            raise ValueError(
                f"the condition {one.name!r} names the class {one.class_name!r}, which the data do "
                f"not have; their classes are {', '.join(sorted(known))}"
            )


def _check_one(condition: ConditionParams, known: Known) -> None:
    if condition.joins:
        return
    subject = subject_of(condition)
    if subject.place == TESTS and subject.name not in known.tests:
        raise ValueError(
            f"there is no test {subject.name!r}; there are {', '.join(known.tests) or 'none'}"
        )
    if subject.place == BEFORE and not known.bias_before:
        raise ValueError(f"{condition.metric!r} needs `bias.enabled: true`")
    if subject.place == AFTER and not known.bias_after:
        raise ValueError(
            f"{condition.metric!r} needs `bias.enabled: true` and `bias.after_training: true`"
        )
    column = (condition.slice or "").partition("=")[0]
    if column and subject.place in {METRICS, CLASSES} and column not in known.slices:
        raise ValueError(
            f"{column!r} is not one of `evaluate.slices`, which are "
            f"{', '.join(known.slices) or 'none'}"
        )
    _check_bound(condition, subject)


def _check_bound(condition: ConditionParams, subject: Subject) -> None:
    """Refuse a bound that no figure can keep."""
    bound, operator = condition.bound, condition.operator
    if isinstance(bound, tuple):
        low, high = bound
        if low > high:
            raise ValueError(f"the bound {low:.15g} to {high:.15g} is empty")
        possible = low <= subject.highest and high >= subject.lowest
    elif isinstance(bound, str) or bound is None:
        return
    else:
        low, high = bound - condition.allowed, bound + condition.allowed
        possible = {
            ">=": bound <= subject.highest,
            ">": bound < subject.highest,
            "<=": bound >= subject.lowest,
            "<": bound > subject.lowest,
        }.get(operator, low <= subject.highest and high >= subject.lowest)
    if not possible:
        top = "" if math.isinf(subject.highest) else f" to {subject.highest:.15g}"
        raise ValueError(
            f"no model can meet {operator} {_shown(bound)}: {condition.metric} is from "
            f"{subject.lowest:.15g}{top}"
        )


def _shown(bound: float | tuple[float, float]) -> str:
    numbers = bound if isinstance(bound, tuple) else (bound,)
    return " to ".join(f"{number:.15g}" for number in numbers)


def _check_circles(members: Mapping[str, Sequence[str]]) -> None:
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            circle = (*way[way.index(name) :], name)
            raise ValueError(f"the conditions go in a circle: {' > '.join(map(repr, circle))}")
        if name in done:
            return
        for member in members.get(name, ()):
            walk(member, (*way, name))
        done.add(name)

    for name in members:
        walk(name, ())
