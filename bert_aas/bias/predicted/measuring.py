"""Measure the bias of predictions: every facet, every class, every metric."""

import math
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_aas.bias import intervals, significance
from bert_aas.bias.comparing import (
    Tested,
    column_of,
    conditional_disparity,
    one_sided_groups,
    report_of,
    too_few,
)
from bert_aas.bias.figures import Answers, BiasReport, Comparison, Figure, Side
from bert_aas.bias.metric_names import IMPACT
from bert_aas.bias.predicted import formulas, uncertainty
from bert_aas.bias.predicted.flip_test import flips
from bert_aas.bias.predicted.outcomes import OutcomeCounter, Outcomes, PredictedContrast
from bert_aas.bias.questions import Facet, Question

Ints = NDArray[np.int64]
_Found = tuple[Figure, Hashable]
"""A metric, and what it tests beside facet and rows; equal hypotheses are one test."""

_NO_ROWS = "one side has no row to take the share of, which counts as 0"
_NO_RATIO = "one side has neither of the two numbers of rows, and 0 / 0 counts as 0"
_NO_VECTORS = "there are no vectors of rows of both sides to find neighbours by"


def measure_model_bias(  # noqa: PLR0913 (each is an option of the command, too)
    table: Any,
    *,
    label: str,
    predicted: str,
    facets: Sequence[str | Facet],
    positive: Sequence[Any] = (),
    group: str | None = None,
    texts: Sequence[str] = (),
    features: Sequence[str] = (),
) -> BiasReport:
    """Measure how far a model treats groups of rows differently.

    Args:
        table: A `pandas.DataFrame`, or a mapping of column names to equally many values.
        label: The column of the true classes.
        predicted: The column of the predicted classes.
        facets: Columns, of which each value is compared with the rest in turn, or a `Facet`.
        positive: The classes that count as positive, together; none: each class in turn.
        group: The column of the groups for CDDPL.
        texts: The columns in which the patterns of a facet are looked for.
        features: Columns of numbers in which FT looks for neighbours.

    Returns:
        DPPL, DI, DCAcc, DCR, AD, RD, DAR, DRR, SD, TE, FT, CDDPL and GE of each comparison, with
        intervals at 95 % and p-values that are corrected for their number.

    Raises:
        InvalidInputError: If a column is missing, or there is nothing to compare.

    Example:
        >>> import bert_aas
        >>> table = {
        ...     "sex": ["f", "f", "m", "m"],
        ...     "hired": ["yes", "no", "yes", "no"],
        ...     "said": ["no", "no", "yes", "no"],
        ... }
        >>> report = bert_aas.measure_model_bias(
        ...     table, label="hired", predicted="said", facets=["sex=f"], positive=["yes"]
        ... )
        >>> report.comparisons[0].figure("RD").value
        1.0
    """
    question = Question(
        label=label,
        facets=[Facet.of(one) if isinstance(one, str) else one for one in facets],
        positive=[str(one) for one in positive],
        group=group,
        texts=texts,
        predicted=predicted,
        features=features,
    )
    counter = OutcomeCounter(question)
    counter.add({name: column_of(table, name) for name in question.columns})
    return measure_outcomes(counter.outcomes())


def measure_outcomes(outcomes: Outcomes) -> BiasReport:
    """Compute every metric of what was counted.

    Args:
        outcomes: The rows.

    Returns:
        The report.

    Raises:
        InvalidInputError: If no row has a positive class that was named, or all have.
    """
    return report_of(
        outcomes,
        lambda contrast, places: _of_classes(contrast, outcomes, places),
        _of_all_classes,
        sample=outcomes.sample,
    )


def _of_classes(contrast: PredictedContrast, outcomes: Outcomes, places: tuple[int, ...]) -> Tested:
    """Compare the outcomes of the positive classes."""
    a, d = (_two_by_two(side, places) for side in contrast.outcomes)
    inside = contrast.by_group[..., list(places)].sum(axis=-1)
    by_group = np.stack([contrast.by_group.sum(axis=-1) - inside, inside], axis=-1)
    negative = frozenset(range(len(outcomes.classes))) - set(places)
    found = [
        *_of_shares(a, d, frozenset(places), negative),
        *_of_ratios(a, d, frozenset(places), negative),
        _of_neighbours(contrast, places, negative),
        (
            conditional_disparity("CDDPL", by_group, outcomes.question),
            ("within groups", frozenset({frozenset(places), negative})),
        ),
    ]
    labels, predictions = (np.stack([a.sum(axis=axis), d.sum(axis=axis)]) for axis in (1, 0))
    comparison = Comparison(
        facet=contrast.facet,
        value=contrast.value,
        positive=tuple(outcomes.classes[place] for place in places),
        a=_side(a),
        d=_side(d),
        figures=tuple(figure for figure, _ in found),
        few=too_few(labels) or too_few(predictions),
        one_sided_groups=one_sided_groups(by_group) if outcomes.question.group else 0,
    )
    return _tested(comparison, contrast, found)


def _of_all_classes(contrast: PredictedContrast) -> Tested:
    """Compare the accuracy over all classes."""
    a, d = contrast.outcomes
    right = [int(np.trace(side)) for side in (a, d)]
    rows = [int(side.sum()) for side in (a, d)]
    found = [(_share_figure("AD", (right[0], rows[0]), (right[1], rows[1])), "right class")]
    comparison = Comparison(
        facet=contrast.facet,
        value=contrast.value,
        positive=(),
        a=Side(rows[0], None),
        d=Side(rows[1], None),
        figures=tuple(figure for figure, _ in found),
        few=too_few(np.stack([a.sum(axis=1), d.sum(axis=1)])),
    )
    return _tested(comparison, contrast, found)


def _tested(comparison: Comparison, contrast: PredictedContrast, found: Sequence[_Found]) -> Tested:
    return Tested(
        comparison,
        {figure.name: (contrast.facet, contrast.parts, tests) for figure, tests in found},
    )


def _two_by_two(outcomes: Ints, places: tuple[int, ...]) -> Ints:
    """Make positive and negative of the classes, labels and predictions alike."""
    positive = np.zeros(len(outcomes), np.int64)
    positive[list(places)] = 1
    member = np.stack([1 - positive, positive])
    found: Ints = member @ outcomes @ member.T
    return found


def _side(outcomes: Ints) -> Side:
    (true_negative, false_positive), (false_negative, true_positive) = outcomes.tolist()
    return Side(
        rows=int(outcomes.sum()),
        positive=true_positive + false_negative,
        answers=Answers(true_positive, false_negative, false_positive, true_negative),
    )


def _of_shares(
    a: Ints, d: Ints, positive: frozenset[int], negative: frozenset[int]
) -> Iterator[_Found]:
    """Give the differences of shares; a class's recall is the specificity of the rest."""
    both = frozenset({positive, negative})
    tests: dict[str, Hashable] = {
        "DPPL": ("predicted", both),
        "AD": ("right", both),
        "RD": ("found", positive),
        "SD": ("found", negative),
        "DAR": ("rightly", positive),
        "DRR": ("rightly", negative),
    }
    for name, (part, is_reversed) in formulas.SHARES.items():
        (some_a, of_a), (some_d, of_d) = (part(side) for side in (a, d))
        numbers = (int(some_a), int(of_a)), (int(some_d), int(of_d))
        figure = _share_figure(name, *numbers, is_reversed=is_reversed)
        yield figure, tests[name]
        if name == "DPPL":
            yield _impact(a, d, figure), tests[name]


def _share_figure(
    name: str, part_a: tuple[int, int], part_d: tuple[int, int], *, is_reversed: bool = False
) -> Figure:
    (some_a, of_a), (some_d, of_d) = part_a, part_d
    sign = -1 if is_reversed else 1
    value = sign * float(formulas.divide(some_a, of_a) - formulas.divide(some_d, of_d)) + 0.0
    if not of_a or not of_d:
        return Figure(name, value, error=_NO_ROWS, is_measured=False)
    low, high = sorted(sign * end for end in intervals.newcombe(some_a, of_a, some_d, of_d))
    table = np.array([[of_a - some_a, some_a], [of_d - some_d, some_d]])
    return Figure(name, value, (low, high), significance.same_distribution(table))


def _impact(a: Ints, d: Ints, difference: Figure) -> Figure:
    """Give DI; it tests what DPPL tests."""
    value = float(formulas.disparate_impact(a, d))
    (some_a, of_a), (some_d, of_d) = (formulas.predicted_positive(side) for side in (a, d))
    if not some_a and not some_d:
        return Figure(
            IMPACT,
            value,
            error="no row is predicted positive, and 0 / 0 counts as 0",
            is_measured=False,
        )
    low, high = uncertainty.of_ratio(float(some_a), float(of_a), float(some_d), float(of_d))
    return Figure(
        IMPACT,
        value,
        (min(low, value), max(high, value)),
        difference.p_value,
        error=_infinite(value, "no other row is predicted positive"),
    )


def _of_ratios(
    a: Ints, d: Ints, positive: frozenset[int], negative: frozenset[int]
) -> Iterator[_Found]:
    both = frozenset({positive, negative})
    errors = np.array([[side[1, 0], side[0, 1]] for side in (a, d)])
    tests: dict[str, tuple[float | None, Hashable, bool]] = {
        "DCAcc": (uncertainty.same_ratio(a, d, 1), ("ratio", positive), _has_any(a, d, 1)),
        "DCR": (uncertainty.same_ratio(a, d, 0), ("ratio", negative), _has_any(a, d, 0)),
        "TE": (_same_errors(errors), ("errors", both), bool(errors.sum(axis=1).all())),
        "GE": (None, (), True),
    }
    for name, metric in formulas.RATIOS.items():
        p_value, hypothesis, is_measured = tests[name]
        value = float(metric(a, d))
        figure = Figure(
            name,
            value,
            uncertainty.of_outcomes(metric, a, d, never_negative=name == "GE")
            if is_measured
            else None,
            p_value,
            error=_infinite(value, "a number of rows is divided by none")
            or ("" if is_measured else _NO_RATIO),
            is_measured=is_measured,
        )
        yield figure, hypothesis


def _has_any(a: Ints, d: Ints, side: int) -> bool:
    """Tell whether both facets have such a label or such a prediction."""
    return all(rows[side].sum() + rows[:, side].sum() for rows in (a, d))


def _same_errors(errors: Ints) -> float | None:
    """Test whether both facets have the same part of false negatives among their errors."""
    return significance.same_distribution(errors) if errors.sum(axis=1).all() else None


def _of_neighbours(
    contrast: PredictedContrast, places: tuple[int, ...], negative: frozenset[int]
) -> _Found:
    near = contrast.neighbours
    tests = ("flips", contrast.value, frozenset({frozenset(places), negative}))
    if near is None:
        return Figure("FT", None, error=_NO_VECTORS), tests
    positive_a, positive_d = (
        np.isin(predicted, places) for predicted in (near.predicted_a, near.predicted_d)
    )
    found = flips(positive_a, positive_d, near.places)
    figure = Figure("FT", found.value, uncertainty.of_flips(found), uncertainty.same_flips(found))
    return figure, tests


def _infinite(value: float, why: str) -> str:
    return f"infinite: {why}" if math.isinf(value) else ""
