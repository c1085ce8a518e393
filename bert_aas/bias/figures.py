"""What is found: figures with their intervals, and the comparisons they belong to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bert_aas.bias.intervals import Interval
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
        error: Why there is no value, or no finite one.
    """

    name: str
    value: float | None
    interval: Interval | None = None
    p_value: float | None = None
    adjusted: float | None = None
    error: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether chance does not explain it, after the correction."""
        return self.adjusted is not None and self.adjusted < ALPHA

    def exceeds(self, limit: float) -> bool:
        """Tell whether the metric is farther from 0 than a limit."""
        return self.value is not None and abs(self.value) > limit


@dataclass(frozen=True)
class Side:
    """One facet.

    Attributes:
        rows: Its rows.
        positive: Those with a positive label; `None` where all classes are compared.
    """

    rows: int
    positive: int | None

    @property
    def share(self) -> float | None:
        """Share of the positive rows."""
        return None if self.positive is None else self.positive / self.rows


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
        value = self.figure.value or 0.0
        return (
            f"{self.figure.name} of {self.comparison.called} is {_shown(value, self.limit)}, and "
            f"at most {self.limit:.15g} is allowed{few}"
        )


@dataclass(frozen=True)
class BiasReport:
    """The bias of a table before training.

    Attributes:
        label: The column of the classes.
        group: The column of the groups for CDDL, if there is one.
        classes: The classes.
        rows: Rows that were read.
        without_label: Rows among them without a class.
        without_value: Name of a facet to its rows without a value.
        comparisons: What was found.
        tests: Different hypotheses that were tested; the correction is for so many.

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

    def beyond(self, limits: Mapping[str, float]) -> list[Violation]:
        """Find the metrics that are farther from 0 than allowed.

        Args:
            limits: Name of a metric to the largest absolute value.

        Returns:
            The farthest beyond its limit first.
        """
        found = [
            Violation(comparison, figure, limits[figure.name])
            for comparison in self.comparisons
            for figure in comparison.figures
            if figure.name in limits and figure.exceeds(limits[figure.name])
        ]
        return sorted(found, key=lambda one: one.limit - abs(one.figure.value or 0.0))

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


def _shown(value: float, limit: float) -> str:
    if math.isinf(value):
        return "infinite"
    from bert_aas.contracts.figures import decimals_that_show  # noqa: PLC0415

    decimals = decimals_that_show(lambda size: size > limit, abs(value))
    return f"{value:.{decimals}f}"
