"""The conditions that the model had to meet, and its behavioural tests."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bert_aas.behaviour.judging import BEHAVIOUR_FILE
from components.tfrecords import read_file
from pipeline.report.formatting import number
from pipeline.report.reading.sources import Sources
from pipeline.report.section import RunSection
from pipeline.runs.conditions import not_met, read_conditions, read_tests

_WORDS = {"passed": "met", "failed": "not met", "not_measured": "not measured"}
_KINDS = {
    "right": "must be right",
    "same": "must not change the label",
    "other": "must change the label",
}


@dataclass(frozen=True)
class ConditionRow:
    """One condition.

    Attributes:
        name: Its name.
        what: The figure, or the conditions that it joins.
        bound: Operator and bound.
        measured: The figure of this model.
        baseline: The latest blessed model's.
        outcome: `passed`, `failed`, `not_measured` or `deferred`.
        decides: Whether it counts by itself.
        sentence: What was measured, against what, and what was decided.
    """

    name: str
    what: str
    bound: str
    measured: float | None
    baseline: float | None
    outcome: str
    decides: bool
    sentence: str

    @property
    def state(self) -> str:
        """The outcome in words."""
        return _WORDS.get(self.outcome, self.outcome)


@dataclass(frozen=True)
class FailingExample:
    """A case of a behavioural test that failed."""

    text: str
    changed: str | None
    sentence: str


@dataclass(frozen=True)
class BehaviourResultRow:
    """One behavioural test."""

    name: str
    kind: str
    rows: int
    passed: int
    share: float | None
    min_share: float
    failures: tuple[FailingExample, ...]

    @property
    def is_met(self) -> bool:
        """Whether enough of its rows passed."""
        return self.share is not None and self.share >= self.min_share


@dataclass(frozen=True)
class Conditions:
    """All conditions and tests of a model."""

    rows: tuple[ConditionRow, ...]
    tests: tuple[BehaviourResultRow, ...]
    refused: tuple[str, ...]
    otherwise: str


def _read(sources: Sources) -> Conditions | None:
    artifact = sources.artifact("Evaluator", "evaluation")
    if artifact is None:
        sources.notes.setdefault("conditions", sources.reason("Evaluator"))
        return None
    found = read_conditions(sources.records)
    if not found:
        sources.notes["conditions"] = "The release that evaluated this model wrote no conditions."
        return None
    tests: Sequence[Mapping[str, Any]] = []
    if read_tests(sources.records):
        tests = json.loads(read_file(f"{artifact.uri}/{BEHAVIOUR_FILE}"))["tests"]
    return shown(found, tests, sources.config.evaluate.otherwise)


def shown(
    found: Sequence[Mapping[str, Any]], tests: Sequence[Mapping[str, Any]], otherwise: str
) -> Conditions:
    """Make the section of what was written.

    Args:
        found: The conditions, as in `conditions.json`.
        tests: The behavioural tests, as in `behaviour.json`.
        otherwise: `evaluate.otherwise`.

    Returns:
        The section.
    """
    return Conditions(
        rows=tuple(_row(one) for one in found),
        tests=tuple(_test(one) for one in tests),
        refused=tuple(one["name"] for one in not_met(found)),
        otherwise=otherwise,
    )


def _row(one: Mapping[str, Any]) -> ConditionRow:
    shown = ("measured", "baseline", "outcome", "decides", "sentence")
    return ConditionRow(
        name=one["name"],
        what=one["what"] or ", ".join(one["of"]),
        bound=f"{one['operator']} {_bound(one)}".strip(),
        **{key: one[key] for key in shown},
    )


def _bound(one: Mapping[str, Any]) -> str:
    bound = one["bound"]
    words = " to ".join(map(number, bound)) if isinstance(bound, list) else bound
    allowed = f" (allowed: {number(one['allowed'])})" if one["allowed"] else ""
    return "" if bound is None else f"{words if isinstance(words, str) else number(words)}{allowed}"


def _test(one: Mapping[str, Any]) -> BehaviourResultRow:
    failures = tuple(
        FailingExample(failure["text"], failure["changed"], failure["sentence"])
        for failure in one["failures"]
    )
    counts = {key: one[key] for key in ("rows", "passed", "share", "min_share")}
    return BehaviourResultRow(
        one["name"], _KINDS.get(one["kind"], one["kind"]), **counts, failures=failures
    )


SECTION = RunSection(
    name="conditions",
    title="Conditions",
    node="Evaluator",
    heading="Conditions and behavioural tests",
    read=_read,
)
