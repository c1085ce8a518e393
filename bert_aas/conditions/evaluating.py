"""Decide conditions: what was measured, against what, and whether it holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bert_aas.conditions.comparing import bound_words, holds, margin
from bert_aas.conditions.document import Document, Measured, has_baseline, measured
from bert_aas.conditions.params import ConditionParams
from bert_aas.conditions.subjects import described, path_of, subject_of
from bert_aas.contracts.figures import decimals_that_show, written

PASSED, FAILED = "passed", "failed"
NOT_MEASURED = "not_measured"
"""The figure could not be computed; a model does not pass by it."""

DEFERRED = "deferred"
"""A later node measures the figure and decides."""

_VERSION = "1.0"


@dataclass(frozen=True)
class Finding:
    """How one condition came out.

    Attributes:
        condition: The condition.
        outcome: `passed`, `failed`, `not_measured` or `deferred`.
        sentence: What was measured, against what, and what was decided.
        decides: Whether it counts by itself; one that another names counts through that alone.
        measured: The figure; of several, the one that is nearest to the wrong side.
        baseline: The latest blessed model's, where it is compared with that.
        compared: Whether there was something to compare with; without a baseline there is not.
    """

    condition: ConditionParams
    outcome: str
    sentence: str
    decides: bool = True
    measured: float | None = None
    baseline: float | None = None
    compared: bool = True


@dataclass(frozen=True)
class Verdict:
    """What the conditions say of a model."""

    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether no condition that counts stands against the model."""
        return not self.refused

    @property
    def refused(self) -> tuple[Finding, ...]:
        """The findings that count and did not pass."""
        bad = {FAILED, NOT_MEASURED}
        return tuple(one for one in self.findings if one.decides and one.outcome in bad)

    @property
    def deferred(self) -> tuple[str, ...]:
        """The names of the conditions that a later node decides."""
        return tuple(
            one.condition.name for one in self.findings if one.decides and one.outcome == DEFERRED
        )

    @property
    def sentence(self) -> str:
        """How many conditions hold, and why others do not."""
        counted = [one for one in self.findings if one.decides]
        good = sum(one.outcome == PASSED for one in counted)
        words = [f"{good} of {len(counted)} conditions hold"]
        words += [f"{one.condition.name!r} {one.sentence}" for one in self.refused]
        if self.deferred:
            words.append(f"a later node decides {', '.join(map(repr, self.deferred))}")
        return "; ".join(words)


@dataclass
class _Deciding:
    document: Document
    conditions: Mapping[str, ConditionParams]
    later: tuple[str, ...]
    named: frozenset[str]
    found: dict[str, Finding] = field(default_factory=dict)

    def finding(self, name: str) -> Finding:
        if name not in self.found:
            self.found[name] = self._decide(self.conditions[name])
        return self.found[name]

    def _decide(self, condition: ConditionParams) -> Finding:
        decides = condition.name not in self.named
        if condition.joins:
            return _joined(condition, [self.finding(name) for name in condition.of], decides)
        if (condition.metric or "").startswith(self.later):
            sentence = f"{described(condition)} is measured by a later node: {DEFERRED}"
            return Finding(condition, DEFERRED, sentence, decides)
        return _compared(condition, self.document, decides)


def evaluate(
    conditions: Sequence[ConditionParams], document: Document, *, later: Iterable[str] = ()
) -> Verdict:
    """Decide conditions.

    Args:
        conditions: The conditions, checked by `bert_aas.conditions.checking`.
        document: The content of `evaluation.json`.
        later: Beginnings of the names of figures that a later node measures, such as
            `bias.after.`: conditions on them are deferred.

    Returns:
        The findings, in the order of the conditions.
    """
    named = frozenset(name for one in conditions for name in one.of)
    by_name = {one.name: one for one in conditions}
    deciding = _Deciding(document, by_name, tuple(later), named)
    return Verdict(tuple(deciding.finding(one.name) for one in conditions))


def _joined(condition: ConditionParams, parts: Sequence[Finding], decides: bool) -> Finding:
    outcomes = [part.outcome for part in parts]
    compared = any(part.compared for part in parts)
    outcome = _join(condition.operator, outcomes, compared=compared)
    parts_said = ", ".join(f"{one.condition.name!r} ({one.outcome})" for one in parts)
    said = {"and": f"all of {parts_said}", "or": f"one of {parts_said}"}
    words = said.get(condition.operator, f"not {parts_said}")
    return Finding(condition, outcome, f"{words}: {outcome}", decides, compared=compared)


def _join(operator: str, outcomes: Sequence[str], *, compared: bool) -> str:
    """Join outcomes; what is not known stays so, unless the others decide alone."""
    if operator == "not":
        turned = {PASSED: FAILED if compared else PASSED, FAILED: PASSED}
        return turned.get(outcomes[0], outcomes[0])
    deciding, otherwise = (FAILED, PASSED) if operator == "and" else (PASSED, FAILED)
    for outcome in (deciding, NOT_MEASURED, DEFERRED):
        if outcome in outcomes:
            return outcome
    return otherwise


def _compared(condition: ConditionParams, document: Document, decides: bool) -> Finding:
    found = measured(document, condition)
    known = [one for one in found if one.value is not None]
    if not known:
        return Finding(condition, NOT_MEASURED, _unknown(condition), decides)
    if not condition.against_baseline:
        return _nearest(condition, known, len(found), decides)
    if not has_baseline(document):
        sentence = f"{_shown(condition, known)}, and there is no earlier blessed model: {PASSED}"
        return Finding(condition, PASSED, sentence, decides, known[0].value, compared=False)
    both = [one for one in known if one.baseline is not None]
    if not both:
        sentence = (
            f"the latest blessed model's {described(condition)} could not be computed: "
            f"{NOT_MEASURED}"
        )
        return Finding(condition, NOT_MEASURED, sentence, decides, known[0].value)
    return _nearest(condition, both, len(found), decides)


def _unknown(condition: ConditionParams) -> str:
    return f"{described(condition)} could not be computed: {NOT_MEASURED}"


def _shown(condition: ConditionParams, known: Sequence[Measured]) -> str:
    first = known[0]
    assert first.value is not None  # noqa: S101 - those alone are given
    return f"{first.words} is {first.value:.{subject_of(condition).decimals}f}"


def _nearest(
    condition: ConditionParams,
    known: Sequence[Measured],
    count: int,
    decides: bool,
) -> Finding:
    """Decide by the figure that is nearest to the wrong side of the bound."""
    worst = min(known, key=lambda one: margin(condition, *_exact(condition, one)))
    held = holds(condition, *_exact(condition, worst))
    outcome = PASSED if held else FAILED
    figures = [
        figure for figure in (worst.value, _baseline(condition, worst)) if figure is not None
    ]
    decimals = decimals_that_show(
        lambda *exact: holds(condition, *exact), *figures, at_least=subject_of(condition).decimals
    )
    value, baseline = (
        None if figure is None else f"{figure:.{decimals}f}"
        for figure in (worst.value, _baseline(condition, worst))
    )
    among = f", the nearest to its bound of {count}," if count > 1 else ""
    words = bound_words(condition, baseline, held=held)
    return Finding(
        condition,
        outcome,
        f"{worst.words} {value}{among} {words}: {outcome}",
        decides,
        worst.value,
        _baseline(condition, worst),
    )


def _baseline(condition: ConditionParams, one: Measured) -> float | None:
    return one.baseline if condition.against_baseline else None


def _exact(condition: ConditionParams, one: Measured) -> Any:
    baseline = _baseline(condition, one)
    return written(one.value or 0), None if baseline is None else written(baseline)


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Describe a verdict for programs: the content of `conditions.json`.

    Args:
        verdict: The verdict.

    Returns:
        Values that JSON can hold.
    """
    return {
        "version": _VERSION,
        "verdict": {
            "passed": verdict.passed,
            "failed": [one.condition.name for one in verdict.refused],
            "deferred": list(verdict.deferred),
            "sentence": verdict.sentence,
        },
        "conditions": [_finding_json(one) for one in verdict.findings],
    }


def _finding_json(one: Finding) -> dict[str, Any]:
    condition = one.condition
    bound = list(condition.bound) if isinstance(condition.bound, tuple) else condition.bound
    return {
        "name": condition.name,
        "what": None if condition.joins else path_of(condition),
        "metric": condition.metric,
        "class": condition.class_name,
        "slice": condition.slice,
        "operator": condition.operator,
        "bound": bound,
        "allowed": condition.allowed,
        "of": list(condition.of),
        "measured": one.measured,
        "baseline": one.baseline,
        "outcome": one.outcome,
        "decides": one.decides,
        "sentence": one.sentence,
    }
