"""Measure the bias of a table: every facet, every class, every metric."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_aas.bias import intervals, metrics, significance
from bert_aas.bias.comparing import (
    Tested,
    column_of,
    conditional_disparity,
    one_sided_groups,
    report_of,
    too_few,
)
from bert_aas.bias.counting import Contrast, Counted, RowCounter
from bert_aas.bias.figures import BiasReport, Comparison, Figure, Side
from bert_aas.bias.questions import Facet, Question
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
    return report_of(
        counted,
        lambda contrast, places: _of_classes(contrast, counted, places),
        _of_all_classes,
    )


def _of_classes(contrast: Contrast, counted: Counted, places: tuple[int, ...]) -> Tested:
    """Compare the rows of the positive classes with all others."""
    if not contrast.counts.sum(axis=(1, 2)).all():
        raise InvalidInputError(
            f"one side of {contrast.facet} = {contrast.value} has no row with a class"
        )
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
