"""Measure the bias of a table: every facet, every class, every metric."""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_aas.bias import intervals, metrics, significance
from bert_aas.bias.counting import Contrast, Counted, RowCounter
from bert_aas.bias.figures import (
    LEAST_EXPECTED,
    LEAST_ROWS,
    BiasReport,
    Comparison,
    Figure,
    Side,
)
from bert_aas.bias.questions import Facet, Question, same_value
from bert_aas.contracts.errors import InvalidInputError

Ints = NDArray[np.int64]

_DIVERGENCES: dict[str, Callable[[Any, Any], Any]] = {
    "KL": metrics.kullback_leibler,
    "JS": metrics.jensen_shannon,
    "LP": metrics.lp_norm,
    "TVD": metrics.total_variation,
    "KS": metrics.kolmogorov_smirnov,
}
_OF_TWO_CLASSES = {"LP": math.sqrt(2), "TVD": 1.0, "KS": 1.0}
"""With two classes these are a multiple of the difference of the shares, and so is the interval."""

_NO_GROUP = "no column of groups is named"
_ALIKE = "no group has rows of both facets and both outcomes"


@dataclass(frozen=True)
class Tested:
    """A comparison, and what each of its metrics tests.

    Attributes:
        comparison: What was found, not yet corrected.
        hypotheses: Name of a metric to its hypothesis; equal ones are one test.
    """

    comparison: Comparison
    hypotheses: Mapping[str, Hashable]


def measure_bias(
    table: Any,
    *,
    label: str,
    facets: Sequence[str | Facet],
    positive: Sequence[Any] = (),
    group: str | None = None,
    texts: Sequence[str] = (),
) -> BiasReport:
    """Measure how far groups of rows differ in their labels, before a model is trained.

    Args:
        table: A `pandas.DataFrame`, or a mapping of column names to equally many values.
        label: The column of the classes.
        facets: Columns, of which each value is compared with the rest in turn, or a `Facet`.
        positive: The classes that count as positive, together; none: each class in turn, and KL to
            KS over all classes as well.
        group: The column of the groups for CDDL.
        texts: The columns in which the patterns of a facet are looked for.

    Returns:
        CI, DPL, KL, JS, LP, TVD, KS and CDDL of each comparison, with intervals at 95 % and
        p-values that are corrected for their number.

    Raises:
        InvalidInputError: If a column is missing, or there is nothing to compare.

    Example:
        >>> import bert_aas
        >>> table = {"sex": ["f", "f", "m", "m"], "hired": ["no", "no", "no", "yes"]}
        >>> report = bert_aas.measure_bias(table, label="hired", facets=["sex"], positive=["yes"])
        >>> report.comparisons[0].figure("DPL").value
        0.5
    """
    question = Question(
        label=label,
        facets=[Facet(one) if isinstance(one, str) else one for one in facets],
        positive=[str(one) for one in positive],
        group=group,
        texts=texts,
    )
    counter = RowCounter(question)
    counter.add({name: column_of(table, name) for name in question.columns})
    return measure(counter.counted())


def measure(counted: Counted) -> BiasReport:
    """Compute every metric of what was counted.

    Args:
        counted: The rows.

    Returns:
        The report.

    Raises:
        InvalidInputError: If no row has a positive class that was named, or all have.
    """
    question = counted.question
    positives = positive_places(counted.classes, question)
    tested = [
        found for contrast in counted.contrasts for found in _compared(contrast, counted, positives)
    ]
    comparisons, tests = corrected(tested)
    return BiasReport(
        label=question.label,
        group=question.group,
        classes=counted.classes,
        rows=counted.rows,
        without_label=counted.without_label,
        without_value=counted.without_value,
        comparisons=comparisons,
        tests=tests,
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


def _compared(
    contrast: Contrast, counted: Counted, positives: Sequence[tuple[int, ...]]
) -> Iterator[Tested]:
    if not contrast.counts.sum(axis=(1, 2)).all():
        raise InvalidInputError(
            f"one side of {contrast.facet} = {contrast.value} has no row with a class"
        )
    for places in positives:
        yield _of_classes(contrast, counted, places)
    if len(counted.classes) > 2:  # noqa: PLR2004
        yield _of_all_classes(contrast)


def _of_classes(contrast: Contrast, counted: Counted, places: tuple[int, ...]) -> Tested:
    """Compare the rows of the positive classes with all others."""
    inside = contrast.counts[..., list(places)].sum(axis=-1)
    by_group = np.stack([contrast.counts.sum(axis=-1) - inside, inside], axis=-1)  # [2, groups, 2]
    table = by_group.sum(axis=1)
    p_value = significance.same_distribution(table)
    disparity = conditional_disparity("CDDL", by_group, counted.question)
    parts = frozenset({frozenset(places), frozenset(range(len(counted.classes))) - set(places)})
    hypothesis = (contrast.facet, contrast.parts, parts)
    rows_a, rows_d = (int(rows) for rows in table.sum(axis=1))
    comparison = Comparison(
        facet=contrast.facet,
        value=contrast.value,
        positive=tuple(counted.classes[place] for place in places),
        a=Side(rows_a, int(table[0, 1])),
        d=Side(rows_d, int(table[1, 1])),
        figures=(
            Figure(
                "CI",
                metrics.class_imbalance(rows_a, rows_d),
                intervals.of_sizes(rows_a, rows_d),
            ),
            *_of_shares(table, p_value),
            disparity,
        ),
        few=too_few(table),
        one_sided_groups=one_sided_groups(by_group) if counted.question.group else 0,
    )
    return Tested(
        comparison,
        {
            **dict.fromkeys(["DPL", *_DIVERGENCES], hypothesis),
            "CDDL": (*hypothesis, "within groups"),
        },
    )


def _of_shares(table: Ints, p_value: float) -> Iterator[Figure]:
    (_, positive_a), (_, positive_d) = table
    rows_a, rows_d = table.sum(axis=1)
    difference = intervals.newcombe(positive_a, rows_a, positive_d, rows_d)
    value = metrics.difference_in_proportions(positive_a / rows_a, positive_d / rows_d)
    yield Figure("DPL", float(value), difference, p_value)
    for name in _DIVERGENCES:
        factor = _OF_TWO_CLASSES.get(name)
        interval = intervals.of_distance(difference, factor) if factor else None
        yield _divergence(name, table, p_value, interval)


def _of_all_classes(contrast: Contrast) -> Tested:
    table = contrast.counts.sum(axis=1)
    p_value = significance.same_distribution(table)
    rows_a, rows_d = (int(rows) for rows in table.sum(axis=1))
    comparison = Comparison(
        facet=contrast.facet,
        value=contrast.value,
        positive=(),
        a=Side(rows_a, None),
        d=Side(rows_d, None),
        figures=tuple(_divergence(name, table, p_value) for name in _DIVERGENCES),
        few=too_few(table),
    )
    return Tested(
        comparison, dict.fromkeys(_DIVERGENCES, (contrast.facet, contrast.parts, "all classes"))
    )


def _divergence(
    name: str, table: Ints, p_value: float, interval: intervals.Interval | None = None
) -> Figure:
    def statistic(a: Ints, d: Ints) -> Any:
        return _DIVERGENCES[name](metrics.shares(a), metrics.shares(d))

    value = float(statistic(*table))
    differ = p_value < significance.ALPHA
    return Figure(
        name,
        value,
        interval or intervals.of_divergence(statistic, table, differ=differ),
        p_value,
        error="" if math.isfinite(value) else "infinite: the facet lacks a class of the other rows",
    )


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
