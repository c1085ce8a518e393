"""What is found: figures with their intervals, and the comparisons they belong to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bert_aas.bias.intervals import Interval
from bert_aas.bias.metric_names import IMPACT
from bert_aas.bias.significance import ALPHA

LEAST_ROWS = 30
LEAST_EXPECTED = 5


@dataclass(frozen=True)
class Figure:
    """One metric of one comparison.

    Attributes:
        name: `CI`, `DPL` …
        value: The metric; may be infinite; `None` if it cannot be computed.
        interval: Lower and upper end of its 95 % interval, if it has a value.
        p_value: How likely such a difference is by chance alone; `None` where nothing is tested.
        adjusted: The same, corrected for all tests of the report.
        error: Why there is no value, or no finite one, or what it stands on.
        is_measured: Whether it stands on rows; a share of no rows counts as 0, and what is made of
            it is beyond no limit.
    """

    name: str
    value: float | None
    interval: Interval | None = None
    p_value: float | None = None
    adjusted: float | None = None
    error: str = ""
    is_measured: bool = True

    @property
    def is_sure(self) -> bool:
        """Whether chance does not explain it, after the correction."""
        return self.adjusted is not None and self.adjusted < ALPHA

    def exceeds(self, limit: float) -> bool:
        """Tell whether the metric is farther from even than a limit."""
        return self.distance is not None and self.distance > limit

    @property
    def distance(self) -> float | None:
        """How far it is from even: 0, but for DI 1, where 0.5 and 2 are alike."""
        if self.value is None or not self.is_measured:
            return None
        return metric_distance(self.name, self.value)


@dataclass(frozen=True)
class Answers:
    """Rows by label and prediction.

    Attributes:
        true_positive: Positive rows that are predicted so.
        false_negative: Positive rows that are not.
        false_positive: Other rows that are predicted positive.
        true_negative: Other rows that are not.
    """

    true_positive: int
    false_negative: int
    false_positive: int
    true_negative: int


@dataclass(frozen=True)
class Side:
    """One facet.

    Attributes:
        rows: Its rows.
        positive: Those with a positive label; `None` where all classes are compared.
        answers: Its rows by label and prediction, if predictions are compared.
    """

    rows: int
    positive: int | None
    answers: Answers | None = None

    @property
    def share(self) -> float | None:
        """Share of the positive rows."""
        return None if self.positive is None else self.positive / self.rows

    @property
    def predicted_share(self) -> float | None:
        """Share of the rows that are predicted positive, if predictions are compared."""
        found = self.answers
        return (found.true_positive + found.false_positive) / self.rows if found else None


@dataclass(frozen=True)
class Comparison:
    """A facet against the rest of the rows.

    Attributes:
        facet: What the facet is called.
        value: Which rows are facet d.
        positive: The classes that count as positive; empty: all classes are compared.
        a: The rest of the rows.
        d: The rows of the facet.
        figures: The metrics.
        few: Why there are too few rows to rely on the figures; empty: there are enough.
        one_sided_groups: Groups in which all rows have the same outcome: CDDL takes a part of no
            rows as 0 there.
    """

    facet: str
    value: str
    positive: tuple[str, ...]
    a: Side
    d: Side
    figures: tuple[Figure, ...]
    few: str = ""
    one_sided_groups: int = 0

    def figure(self, name: str) -> Figure | None:
        """Look a metric up."""
        return next((figure for figure in self.figures if figure.name == name), None)

    @property
    def called(self) -> str:
        """Say what is compared."""
        of = f" for the class {', '.join(self.positive)}" if self.positive else " over all classes"
        sign = " " if self.value[:1] in {"<", ">"} else " = "
        return f"{self.facet}{sign}{self.value}{of}"


@dataclass(frozen=True)
class Violation:
    """A metric beyond its limit.

    Attributes:
        comparison: Where it was found.
        figure: The metric.
        limit: The most that is allowed.
    """

    comparison: Comparison
    figure: Figure
    limit: float

    @property
    def sentence(self) -> str:
        """Say what was measured, of what, and what is allowed."""
        few = f"; {self.comparison.few}" if self.comparison.few else ""
        return (
            f"{self.figure.name} of {self.comparison.called} is {self._value}, and "
            f"{self._allowed} is allowed{few}"
        )

    @property
    def _value(self) -> str:
        value = self.figure.value or 0.0
        if math.isinf(value):
            return "infinite"
        from bert_aas.contracts.figures import decimals_that_show  # noqa: PLC0415

        def is_beyond(shown: float) -> bool:
            return metric_distance(self.figure.name, shown) > self.limit

        return f"{value:.{decimals_that_show(is_beyond, abs(value))}f}"

    @property
    def _allowed(self) -> str:
        if self.figure.name != IMPACT:
            return f"at most {self.limit:.15g}"
        return f"{1 - self.limit:.4g} to {1 / (1 - self.limit):.4g}"


@dataclass(frozen=True)
class BiasReport:
    """The bias of a table before training, or of predictions after it.

    Attributes:
        label: The column of the classes.
        group: The column of the groups for CDDL, if there is one.
        classes: The classes.
        rows: Rows that were read.
        without_label: Rows among them without a class.
        without_value: Name of a facet to its rows without a value.
        comparisons: What was found.
        tests: Different hypotheses that were tested; the correction is for so many.
        sample: Rows in which the flip test looked for neighbours.

    Example:
        >>> import bert_aas
        >>> table = {"sex": ["f", "f", "m", "m"], "hired": ["no", "no", "no", "yes"]}
        >>> report = bert_aas.measure_bias(table, label="hired", facets=["sex"], positive=["yes"])
        >>> report.comparisons[0].figure("DPL").value
        0.5
    """

    label: str
    group: str | None
    classes: tuple[str, ...]
    rows: int
    without_label: int
    without_value: Mapping[str, int]
    comparisons: tuple[Comparison, ...]
    tests: int
    sample: int = 0

    def beyond(self, limits: Mapping[str, float]) -> list[Violation]:
        """Find the metrics that are farther from 0 than allowed.

        Args:
            limits: Name of a metric to the farthest that it may be from even.

        Returns:
            The farthest beyond its limit first.
        """
        found = [
            Violation(comparison, figure, limits[figure.name])
            for comparison in self.comparisons
            for figure in comparison.figures
            if figure.name in limits and figure.exceeds(limits[figure.name])
        ]
        return sorted(found, key=lambda one: one.limit - (one.figure.distance or 0.0))

    @property
    def sure(self) -> tuple[Comparison, ...]:
        """The comparisons in which chance does not explain a difference."""
        return tuple(one for one in self.comparisons if any(f.is_sure for f in one.figures))


def verdict(violations: Sequence[Violation], limits: Mapping[str, float]) -> str:
    """Say in one sentence what the limits led to.

    Args:
        violations: As found by `BiasReport.beyond`.
        limits: Name of a metric to its limit.

    Returns:
        The sentence, without a full stop; empty without limits.
    """
    if not limits:
        return ""
    if not violations:
        listed = ", ".join(f"{name} {limit:.15g}" for name, limit in limits.items())
        return f"every figure is within its limit ({listed})"
    more = f" (and {len(violations) - 1} more beyond their limits)" if violations[1:] else ""
    return violations[0].sentence + more


def metric_distance(name: str, value: float) -> float:
    """Say how far a metric is from even.

    Args:
        name: Its name.
        value: What it is.

    Returns:
        0 or more; for DI from 0 to 1: how far the smaller share is below the larger one.
    """
    if name != IMPACT:
        return abs(value)
    return 1.0 if value <= 0 or math.isinf(value) else 1 - min(value, 1 / value)
