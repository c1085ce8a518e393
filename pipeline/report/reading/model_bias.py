"""The bias of a model, as `analysis.json` has it, arranged for the report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bert_aas.bias.figures import Figure
from bert_aas.bias.metric_names import AFTER_DESCRIPTIONS

_TWO_CLASSES = 2
_GROUPED = "CDDPL"
_FLIP_TEST = "FT"


@dataclass(frozen=True)
class Measure:
    """A metric of a comparison.

    Attributes:
        value: `None` where there is none, or no finite one.
        low: Lower end of its interval.
        high: Upper end; `None` with a lower end: infinite.
        is_sure: Whether chance does not explain it.
        is_beyond: Whether it is beyond its limit.
        error: Why it has no value, or what it stands on.
        baseline: The same metric of the latest blessed model.
    """

    value: float | None
    low: float | None
    high: float | None
    is_sure: bool
    is_beyond: bool
    error: str
    baseline: float | None

    @property
    def is_infinite(self) -> bool:
        """Whether something is divided by nothing."""
        return self.error.startswith("infinite")


@dataclass(frozen=True)
class ModelRow:
    """A group of rows against the rest, for one positive class.

    Attributes:
        group: Which rows they are.
        positive: The positive classes; empty: all classes.
        rows: How many rows the group has.
        measures: Name of a metric to what was found.
        few: Why there are too few rows; empty: there are enough.
    """

    group: str
    positive: str
    rows: int
    measures: Mapping[str, Measure]
    few: str

    @property
    def is_sure(self) -> bool:
        """Whether chance does not explain a difference."""
        return any(one.is_sure for one in self.measures.values())


@dataclass(frozen=True)
class ModelFacet:
    """One facet with its comparisons."""

    name: str
    rows: tuple[ModelRow, ...]

    @property
    def groups(self) -> list[list[ModelRow]]:
        """The rows of each group."""
        names = dict.fromkeys(row.group for row in self.rows)
        return [[row for row in self.rows if row.group == name] for name in names]

    def drawn(self, metric: str) -> list[tuple[str, ModelRow, Measure]]:
        """Choose what a chart shows: name, comparison and metric of each row that has all."""
        several = len({row.positive for row in self.rows if row.positive}) > 1
        return [
            (f"{row.group} · {row.positive}" if several else row.group, row, found)
            for row in self.rows
            for found in [row.measures.get(metric)]
            if row.positive and found and None not in (found.value, found.low, found.high)
        ]


@dataclass(frozen=True)
class ModelBias:
    """What ModelBiasDetector found.

    Attributes:
        facets: In the order of the configuration.
        metrics: Name of each metric that was measured to its description.
        verdict: What it comes to, in a sentence.
        is_beyond: Whether a limit or a condition does not hold.
        limits: Name of a metric to its limit.
        facts: Rows, rows of the flip test, tests.
        has_baseline: Whether the latest blessed model was measured beside it.
        swaps: What swapping words changed, as `analysis.json` has it.
        conditions: Those on this bias, as `conditions.json` has them.
    """

    facets: tuple[ModelFacet, ...]
    metrics: Mapping[str, str]
    verdict: str
    is_beyond: bool
    limits: Mapping[str, float]
    facts: Mapping[str, Any]
    has_baseline: bool
    swaps: Mapping[str, Any] | None
    conditions: Sequence[Mapping[str, Any]]


def read_model_bias(own: Mapping[str, Any]) -> ModelBias:
    """Arrange what ModelBiasDetector wrote.

    Args:
        own: What is under `bert_aas` in its `analysis.json`.

    Returns:
        What the report shows.
    """
    after = own["after"]
    baseline = {
        (*_key(one), metric["name"]): metric["value"]
        for one in own.get("baseline", {}).get("comparisons", ())
        for metric in one["metrics"]
    }
    mirrored = _mirrored(after)
    facets: dict[str, list[ModelRow]] = {}
    for one in after["comparisons"]:
        if not mirrored or one["positive"] != [mirrored]:
            facets.setdefault(one["facet"], []).append(_row(one, after["max"], baseline))
    swaps = own.get("swaps")
    rows = [(name, row) for name, found in facets.items() for row in found]
    limits = dict(after["max"])
    return ModelBias(
        facets=tuple(ModelFacet(name, tuple(found)) for name, found in facets.items()),
        metrics=_shown(after),
        verdict=_verdict(own, rows, limits),
        is_beyond=bool(_broken(own)),
        limits=limits,
        facts={
            "rows": after["rows"],
            "sample": after.get("rows_of_flip_test", 0),
            "tests": after["tests"],
        },
        has_baseline="baseline" in own,
        swaps=swaps,
        conditions=own.get("conditions", ()),
    )


def _shown(after: Mapping[str, Any]) -> dict[str, str]:
    left_out = set()
    if not after["group"]:
        left_out.add(_GROUPED)
    if not after.get("rows_of_flip_test"):
        left_out.add(_FLIP_TEST)
    return {name: text for name, text in AFTER_DESCRIPTIONS.items() if name not in left_out}


def _mirrored(after: Mapping[str, Any]) -> str:
    """Of two classes, each positive in turn, the figures of one are those of the other."""
    classes: list[str] = after["classes"]
    asked = {tuple(one["positive"]) for one in after["comparisons"]}
    return classes[0] if len(classes) == _TWO_CLASSES and len(asked) > 1 else ""


def _key(one: Mapping[str, Any]) -> tuple[Any, ...]:
    return one["facet"], one["value_or_threshold"], tuple(one["positive"])


def _row(
    one: Mapping[str, Any], limits: Mapping[str, float], baseline: Mapping[Any, Any]
) -> ModelRow:
    return ModelRow(
        group=one["value_or_threshold"],
        positive=", ".join(one["positive"]),
        rows=one["rows_d"],
        measures={
            metric["name"]: _measure(metric, limits, baseline.get((*_key(one), metric["name"])))
            for metric in one["metrics"]
        },
        few=one["too_few_rows"] or "",
    )


def _measure(
    metric: Mapping[str, Any], limits: Mapping[str, float], baseline: float | None
) -> Measure:
    value, error = metric["value"], metric.get("error", "")
    is_measured = metric.get("measured", True)
    known = float("inf") if value is None and error.startswith("infinite") else value
    limit = limits.get(metric["name"])
    figure = Figure(metric["name"], known, is_measured=is_measured)
    low, high = metric["interval"] or (None, None)
    return Measure(
        value=value if is_measured else None,
        low=low,
        high=high,
        is_sure=metric["significant"],
        is_beyond=limit is not None and figure.exceeds(limit),
        error=error,
        baseline=baseline,
    )


def _broken(own: Mapping[str, Any]) -> list[str]:
    """List the sentences about limits and conditions that do not hold."""
    swaps = own.get("swaps") or {}
    return [
        *(one["description"] for one in own["after"]["violations"]),
        *([swaps["verdict"]] if swaps.get("verdict") else []),
        *(f"{one['name']}: {one['sentence']}" for one in own.get("refused", ())),
    ]


def _verdict(
    own: Mapping[str, Any], rows: Sequence[tuple[str, ModelRow]], limits: Mapping[str, float]
) -> str:
    broken = _broken(own)
    if broken:
        more = len(broken) - 1
        return broken[0] + (f" ({more} more do not hold)" if more else "") + "."
    held = f", and {own['after']['verdict']}" if limits else ""
    sure = [one for one in rows if one[1].is_sure]
    if not sure:
        return f"The model treats no group otherwise than the rest by more than chance{held}."
    largest = next(_largest(sure), "")
    return (
        f"{len(sure)} of {len(rows)} comparisons differ by more than chance explains{held}."
        f"{largest}"
    )


def _largest(sure: Sequence[tuple[str, ModelRow]]) -> Iterator[str]:
    """Say where the largest difference is that a reader can picture."""
    words = {
        "RD": "its rows of the class {} are found {} often than those of the rest",
        "AD": "whether its rows are {} is predicted rightly {} often than of the rest",
        "DPPL": "its rows are predicted {} {} often than the rest",
    }
    for name, text in words.items():
        found = [
            (measure.value, facet, row)
            for facet, row in sure
            for measure in [row.measures.get(name)]
            if measure and measure.is_sure and measure.value is not None and row.positive
        ]
        if found:
            value, facet, row = max(found, key=lambda one: abs(one[0]))
            said = text.format(row.positive, "less" if value > 0 else "more")
            yield f" The largest is {facet} = {row.group}: {said} ({abs(value) * 100:.1f} points)."
            return
