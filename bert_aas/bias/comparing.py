"""Compare the sides of each facet, class by class, and correct for the number of comparisons.

What labels and predictions have in common: which metrics there are, those who call this know.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bert_aas.bias import intervals, metrics, significance
from bert_aas.bias.figures import LEAST_EXPECTED, LEAST_ROWS, BiasReport, Comparison, Figure
from bert_aas.bias.questions import Question, same_value
from bert_aas.contracts.errors import InvalidInputError

Ints = NDArray[np.int64]

_NO_GROUP = "no column of groups is named"
_C_co = TypeVar("_C_co", covariant=True)


@dataclass(frozen=True)
class Tested:
    """A comparison, and what each of its metrics tests.

    Attributes:
        comparison: What was found, not yet corrected.
        hypotheses: Name of a metric to its hypothesis; equal ones are one test.
    """

    comparison: Comparison
    hypotheses: Mapping[str, Hashable]


class Counts(Protocol[_C_co]):
    """Rows, counted for each contrast of a facet's two sides."""

    @property
    def question(self) -> Question:
        """What was asked."""

    @property
    def rows(self) -> int:
        """How many rows were read."""

    @property
    def without_label(self) -> int:
        """How many of them are left out, since they lack a class."""

    @property
    def without_value(self) -> Mapping[str, int]:
        """Name of a facet to the rows that are left out there."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes."""

    @property
    def contrasts(self) -> tuple[_C_co, ...]:
        """What is compared."""


def report_of(
    counts: Counts[_C_co],
    of_classes: Callable[[_C_co, tuple[int, ...]], Tested],
    of_all_classes: Callable[[_C_co], Tested],
    sample: int = 0,
) -> BiasReport:
    """Compare every contrast, for the positive classes and over all classes.

    Args:
        counts: The rows.
        of_classes: Compares the rows of the positive classes, by their places, with all others.
        of_all_classes: Compares all classes at once; with two, these are the same.
        sample: Rows in which the flip test looked for neighbours.

    Returns:
        The report.

    Raises:
        InvalidInputError: If no row has a positive class that was named, or all have.
    """
    positives = positive_places(counts.classes, counts.question)

    def compared() -> Iterator[Tested]:
        for contrast in counts.contrasts:
            yield from (of_classes(contrast, places) for places in positives)
            if len(counts.classes) > 2:  # noqa: PLR2004
                yield of_all_classes(contrast)

    comparisons, tests = corrected(tuple(compared()))
    return BiasReport(
        label=counts.question.label,
        group=counts.question.group,
        classes=counts.classes,
        rows=counts.rows,
        without_label=counts.without_label,
        without_value=counts.without_value,
        comparisons=comparisons,
        tests=tests,
        sample=sample,
    )


def corrected(tested: Sequence[Tested]) -> tuple[tuple[Comparison, ...], int]:
    """Correct the p-values of comparisons for being many.

    Args:
        tested: All comparisons of a report.

    Returns:
        The comparisons, and the number of different tests.
    """
    p_values = {
        hypothesis: float(figure.p_value)
        for one in tested
        for figure in one.comparison.figures
        if figure.p_value is not None
        for hypothesis in [one.hypotheses[figure.name]]
    }
    adjusted = significance.holm(p_values)
    return tuple(_corrected(one, adjusted) for one in tested), len(p_values)


def positive_places(classes: Sequence[str], question: Question) -> list[tuple[int, ...]]:
    """Find the classes that count as positive.

    Args:
        classes: All classes.
        question: What was asked.

    Returns:
        Places of the classes: those named, together, or each in turn.

    Raises:
        InvalidInputError: If no row has one that was named, or all are named.
    """
    given = question.positive
    if not given:
        return [(place,) for place in range(len(classes))]
    for value in given:
        if not any(same_value(value, name) for name in classes):
            shown = ", ".join(repr(name) for name in classes[:20])
            raise InvalidInputError(
                f"no row has the positive class {value!r} in the column '{question.label}'; its "
                f"classes are {shown}"
            )
    found = tuple(
        place
        for place, name in enumerate(classes)
        if any(same_value(value, name) for value in given)
    )
    if len(found) == len(classes):
        raise InvalidInputError("all classes are named as positive; leave at least one out")
    return [found]


def column_of(table: Any, name: str) -> list[Any]:
    """Take a column of a `DataFrame` or a mapping; one that is missing is refused."""
    try:
        values = table[name]
    except KeyError as exc:
        known = ", ".join(f"'{column}'" for column in table)
        raise InvalidInputError(
            f"the table has no column '{name}'; its columns are {known}"
        ) from exc
    return list(values.tolist() if hasattr(values, "tolist") else values)


def conditional_disparity(name: str, by_group: Ints, question: Question) -> Figure:
    """Measure CDDL or CDDPL.

    Args:
        name: Name of the metric.
        by_group: Rows `[2, groups, 2]`: facet a and d, negative and positive.
        question: What was asked; without a column of groups there is no value.

    Returns:
        The metric.
    """
    if not question.group:
        return Figure(name, None, error=_NO_GROUP)
    value = float(metrics.conditional_disparity(*by_group))
    p_value = significance.same_within_groups(*by_group)
    interval = intervals.of_signed(metrics.conditional_disparity, by_group)
    return Figure(name, value, interval, p_value)


def one_sided_groups(by_group: Ints) -> int:
    """Count the groups in which all rows have the same outcome."""
    outcomes = by_group.sum(axis=0)
    return int(((outcomes == 0).any(axis=1) & (outcomes.sum(axis=1) > 0)).sum())


def too_few(table: Ints) -> str:
    """Say why chance has too much to say.

    Args:
        table: Rows `[2, classes]`: facet a, facet d.

    Returns:
        The reason; empty: there are enough rows.
    """
    smallest = int(table.sum(axis=1).min())
    if smallest < LEAST_ROWS:
        return f"too few rows: one side has {smallest}, {LEAST_ROWS} are needed"
    expected = table.sum(axis=0).min() * smallest / table.sum()
    if expected < LEAST_EXPECTED:
        return (
            f"too few rows: a class is expected in {expected:.1f} rows of one side, "
            f"{LEAST_EXPECTED} are needed"
        )
    return ""


def _corrected(one: Tested, adjusted: Mapping[Hashable, float]) -> Comparison:
    figures = (
        replace(figure, adjusted=adjusted[one.hypotheses[figure.name]])
        if figure.p_value is not None
        else figure
        for figure in one.comparison.figures
    )
    return replace(one.comparison, figures=tuple(figures))
