"""Count which cases of a behavioural test a model passes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bert_aas.behaviour.cases import Case, Text, cases
from bert_aas.behaviour.params import OTHER, SAME, BehaviourParams

BEHAVIOUR_FILE = "behaviour.json"
MOST_EXAMPLES = 10
"""Failing cases that are kept of each test."""

Answer = Callable[[Sequence[Text]], Sequence[str]]
"""Gives the label of each text."""


@dataclass(frozen=True)
class Failure:
    """A case that failed: the case, the labels it got, and what is wrong in words."""

    case: Case
    labels: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class BehaviourResult:
    """How a model did in one test.

    Attributes:
        test: The test.
        count: How many cases it has.
        failures: Those that failed.
    """

    test: BehaviourParams
    count: int
    failures: tuple[Failure, ...]

    @property
    def share(self) -> float | None:
        """Share of the cases that passed; `None` without cases."""
        return (self.count - len(self.failures)) / self.count if self.count else None


def run_tests(tests: Iterable[BehaviourParams], answer: Answer) -> list[BehaviourResult]:
    """Put tests to a model.

    Args:
        tests: The tests.
        answer: Asks the model; every text is asked once in all.

    Returns:
        The results, in the order of the tests.
    """
    written = [(test, cases(test)) for test in tests]
    texts = list(
        dict.fromkeys(text for _, listed in written for case in listed for text in _texts(case))
    )
    labels = dict(zip(texts, answer(texts), strict=True)) if texts else {}
    return [_result(test, listed, labels) for test, listed in written]


def _texts(case: Case) -> Iterable[Text]:
    return (case.text,) if case.changed is None else (case.text, case.changed)


def _result(
    test: BehaviourParams, listed: Sequence[Case], labels: dict[Text, str]
) -> BehaviourResult:
    failures = []
    for case in listed:
        found = tuple(labels[text] for text in _texts(case))
        sentence = _problem(test.kind, case, found)
        if sentence:
            failures.append(Failure(case, found, sentence))
    return BehaviourResult(test, len(listed), tuple(failures))


def _problem(kind: str, case: Case, labels: tuple[str, ...]) -> str | None:
    """Say what is wrong with a case, or `None`."""
    first, last = labels[0], labels[-1]
    if kind == OTHER and first == last:
        return f"the label is {first!r} before and after the change"
    if kind == SAME and first != last:
        return f"the label is {first!r} before the change and {last!r} after it"
    if case.label is not None and last != case.label:
        return f"the label is {last!r}, not {case.label!r}"
    return None


def as_json(results: Iterable[BehaviourResult]) -> dict[str, Any]:
    """Describe results for programs: the content of `behaviour.json`.

    Args:
        results: The results.

    Returns:
        Values that JSON can hold; `MOST_EXAMPLES` failing cases of each test at most.
    """
    return {
        "tests": [
            {
                "name": one.test.name,
                "kind": one.test.kind,
                "rows": one.count,
                "passed": one.count - len(one.failures),
                "share": one.share,
                "min_share": one.test.min_share,
                "failures": [_failure_json(failure) for failure in one.failures[:MOST_EXAMPLES]],
            }
            for one in results
        ]
    }


def _failure_json(failure: Failure) -> dict[str, Any]:
    case = failure.case
    return {
        "text": case.text.text,
        "text_pair": case.text.text_pair,
        "changed": case.changed.text if case.changed else None,
        "expected": case.label,
        "labels": list(failure.labels),
        "sentence": failure.sentence,
    }
