"""How far groups of rows differ in their labels, and how far the model treats them differently."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bert_aas.bias.analysis import analysis
from bert_aas.bias.files import ANALYSIS_FILE, OWN_KEY, STOPPED_FILE
from bert_aas.bias.metric_names import DESCRIPTIONS
from components.tfrecords import read_file
from pipeline.config.layout import output_layout
from pipeline.metadata.records import FAILED
from pipeline.report.charts.differences import (
    MOST_ROWS,
    OF_PREDICTIONS,
    OF_RECALL,
    Difference,
    differences,
)
from pipeline.report.formatting import share
from pipeline.report.reading.model_bias import ModelBias, ModelFacet, read_model_bias
from pipeline.report.reading.sources import Sources
from pipeline.report.section import RunSection

_DIFFERENCE = "DPL"
_MODEL_NODE = "ModelBiasDetector"
_TWO_CLASSES = 2
_MAKERS = ("Preparer", "ExampleGen")
"""Who may have made the rows, the last one first."""

_REPEATED = (
    "BiasDetector stopped the run, so its own result is missing; this is the same count, repeated "
    "for the report."
)


@dataclass(frozen=True)
class MetricCell:
    """A metric of a comparison: value, interval, whether chance explains it, why it is missing."""

    value: float | None
    low: float | None
    high: float | None
    is_sure: bool
    error: str
    is_beyond: bool


@dataclass(frozen=True)
class BiasRow:
    """A group of rows against the rest.

    Attributes:
        value: Which rows they are.
        positive: The positive classes; empty: all classes are compared.
        rows: How many they are.
        rest: How many the others are.
        share: Share of the positive ones among them.
        rest_share: The same among the others.
        cells: Name of a metric to what was found.
        p_value: The smallest one, corrected.
        few: Why there are too few rows; empty: there are enough.
    """

    value: str
    positive: str
    rows: int
    rest: int
    share: float | None
    rest_share: float | None
    cells: Mapping[str, MetricCell]
    p_value: float | None
    few: str

    @property
    def is_sure(self) -> bool:
        """Whether chance does not explain a difference."""
        return any(cell.is_sure for cell in self.cells.values())


@dataclass(frozen=True)
class BiasFacet:
    """One facet with its comparisons."""

    name: str
    rows: tuple[BiasRow, ...]
    without_value: int

    @property
    def groups(self) -> list[list[BiasRow]]:
        """The rows of each group of rows."""
        names = dict.fromkeys(row.value for row in self.rows)
        return [[row for row in self.rows if row.value == name] for name in names]

    @property
    def drawn(self) -> list[Difference]:
        """What the chart shows."""
        return [
            Difference(name, cell.value, cell.low, cell.high, row.rows, cell.is_sure)
            for row in self.rows
            for name, cell in [(self._name(row), row.cells.get(_DIFFERENCE))]
            if cell and cell.value is not None and cell.low is not None and cell.high is not None
        ]

    def _name(self, row: BiasRow) -> str:
        several = len({one.positive for one in self.rows if one.positive}) > 1
        return f"{row.value} · {row.positive}" if several else row.value


@dataclass(frozen=True)
class Bias:
    """What BiasDetector found.

    Attributes:
        facets: In the order of the configuration.
        metrics: Names of the metrics that the tables show.
        verdict: What it comes to, in a sentence.
        is_beyond: Whether a figure is beyond its limit.
        limits: Name of a metric to its limit.
        mirrored: The class that is left out, as it mirrors the other one.
        facts: Rows, label, group, tests.
        model: What the model does with them; `None`: that is not known.
        model_note: Why it is not known, or where it is from.
    """

    facets: tuple[BiasFacet, ...]
    metrics: tuple[str, ...]
    verdict: str
    is_beyond: bool
    limits: Mapping[str, float]
    mirrored: str
    facts: Mapping[str, Any]
    model: ModelBias | None = None
    model_note: str = ""


def read_bias(content: Mapping[str, Any]) -> Bias:
    """Arrange what BiasDetector wrote.

    Args:
        content: `analysis.json`.

    Returns:
        The section.
    """
    found = content[OWN_KEY]
    mirrored = _mirrored(found)
    limits: Mapping[str, float] = found["max"]
    facets: dict[str, list[BiasRow]] = {}
    for one in found["comparisons"]:
        if not mirrored or one["positive"] != [mirrored]:
            facets.setdefault(one["facet"], []).append(_row(one, limits))
    metrics = [name for name in DESCRIPTIONS if name != "CDDL" or found["group"]]
    return Bias(
        facets=tuple(
            BiasFacet(name, tuple(rows), found["rows_without_facet"].get(name, 0))
            for name, rows in facets.items()
        ),
        metrics=tuple(metrics),
        verdict=_verdict(found, [(name, row) for name, rows in facets.items() for row in rows]),
        is_beyond=bool(found["violations"]),
        limits=limits,
        mirrored=mirrored,
        facts={
            key: found[key] for key in ("label", "group", "rows", "rows_without_label", "tests")
        },
    )


def _mirrored(found: Mapping[str, Any]) -> str:
    """Of two classes, each positive in turn, the figures of one are those of the other."""
    classes: list[str] = found["classes"]
    asked = {tuple(one["positive"]) for one in found["comparisons"]}
    return classes[0] if len(classes) == _TWO_CLASSES and len(asked) > 1 else ""


def _row(one: Mapping[str, Any], limits: Mapping[str, float]) -> BiasRow:
    cells = {metric["name"]: _cell(metric, limits) for metric in one["metrics"]}
    p_values = [m["adjusted_p_value"] for m in one["metrics"] if m["adjusted_p_value"] is not None]
    return BiasRow(
        value=one["value_or_threshold"],
        positive=", ".join(one["positive"]),
        rows=one["rows_d"],
        rest=one["rows_a"],
        share=_share(one["positive_rows_d"], one["rows_d"]),
        rest_share=_share(one["positive_rows_a"], one["rows_a"]),
        cells=cells,
        p_value=min(p_values, default=None),
        few=one["too_few_rows"] or "",
    )


def _share(some: int | None, of: int) -> float | None:
    return None if some is None else some / of


def _cell(metric: Mapping[str, Any], limits: Mapping[str, float]) -> MetricCell:
    low, high = metric["interval"] or (None, None)
    value, error = metric["value"], metric.get("error", "")
    limit = limits.get(metric["name"])
    infinite = value is None and error.startswith("infinite")
    beyond = limit is not None and (infinite or (value is not None and abs(value) > limit))
    return MetricCell(value, low, high, metric["significant"], error, beyond)


def _verdict(found: Mapping[str, Any], rows: Sequence[tuple[str, BiasRow]]) -> str:
    """Say what it comes to."""
    violations = [one for one in found["violations"] if one["positive"] != [_mirrored(found)]]
    if violations:
        more = len(violations) - 1
        rest = f" ({more} more beyond their limits)" if more else ""
        return f"{violations[0]['description']}{rest}."
    limits = f", and {found['verdict']}" if found["verdict"] else ""
    sure = [(name, row) for name, row in rows if row.is_sure]
    if not sure:
        return f"No group differs from the rest by more than chance explains{limits}."
    name, row = max(sure, key=lambda one: (one[1].share is not None, _size(one[1])))
    figures = next(_in_shares(row), "its classes have other shares")
    return (
        f"{len(sure)} of {len(rows)} comparisons differ by more than chance explains{limits}. The "
        f"largest is {name} = {row.value}: {figures}."
    )


def _size(row: BiasRow) -> float:
    cell = row.cells.get("TVD")
    return cell.value if cell and cell.value is not None else 0.0


def _in_shares(row: BiasRow) -> Iterator[str]:
    if row.share is not None and row.rest_share is not None:
        yield (
            f"{share(row.share)} of its rows have the class {row.positive}, and "
            f"{share(row.rest_share)} of the rest"
        )


def _read(sources: Sources) -> Bias | None:
    labels = _read_labels(sources)
    if labels is None or _MODEL_NODE not in sources.states:
        return labels
    model, note = _read_model(sources)
    return replace(labels, model=model, model_note=note)


def _read_model(sources: Sources) -> tuple[ModelBias | None, str]:
    """Read what ModelBiasDetector found; if it stopped the run, what it kept for this."""
    if sources.states.get(_MODEL_NODE) != FAILED:
        found = sources.read(
            _MODEL_NODE, _MODEL_NODE, "analysis", lambda made: _stored_model(made.uri)
        )
        return found, sources.notes.pop(_MODEL_NODE, "")
    folder = f"{output_layout(sources.config.output_dir).artifacts}/{_MODEL_NODE}/analysis"
    try:
        kept = json.loads(read_file(f"{folder}/{STOPPED_FILE}"))
    except (OSError, ValueError):
        return None, sources.reason(_MODEL_NODE)
    if kept.get("run_id") != sources.run.get("run_id"):
        return None, sources.reason(_MODEL_NODE)
    return read_model_bias(kept[OWN_KEY]), ""


def _stored_model(uri: str) -> ModelBias:
    return read_model_bias(json.loads(read_file(f"{uri}/{ANALYSIS_FILE}"))[OWN_KEY])


def _read_labels(sources: Sources) -> Bias | None:
    stopped = sources.states.get(SECTION.node or "") == "failed"
    if not stopped:
        return sources.read(
            SECTION.name, "BiasDetector", "analysis", lambda made: _stored(made.uri)
        )
    for node in _MAKERS:
        if sources.artifact(node, "examples"):
            found = sources.read(
                SECTION.name, node, "examples", lambda made: _again(made.uri, sources)
            )
            if found:
                sources.notes[SECTION.name] = _REPEATED
            return found
    sources.notes[SECTION.name] = sources.reason("BiasDetector")
    return None


def _stored(uri: str) -> Bias:
    return read_bias(json.loads(read_file(f"{uri}/{ANALYSIS_FILE}")))


def _again(uri: str, sources: Sources) -> Bias:
    """Count once more: TFX removes what a failed node wrote, and this one fails when it matters."""
    from components.bias_detector.executor import measure_splits

    config = sources.config
    texts = [name for name in (config.data.text_column, config.data.text_pair_column) if name]
    folders = [f"{uri}/Split-{split}" for split in config.bias.splits]
    report = measure_splits(folders, config.bias, config.data.label_column, texts)
    return read_bias(analysis(report, config.bias.max))


def model_differences(facet: ModelFacet, metric: str) -> list[Difference]:
    """Give what a chart of the model shows.

    Args:
        facet: The facet.
        metric: `DPPL` or `RD`.

    Returns:
        A row for each group and class.
    """
    return [
        Difference(
            name, found.value, found.low, found.high, row.rows, found.is_sure, found.baseline
        )
        for name, row, found in facet.drawn(metric)
        if found.value is not None and found.low is not None and found.high is not None
    ]


SECTION = RunSection(
    name="bias",
    title="Bias",
    heading="Bias before and after training",
    node="BiasDetector",
    setting="bias.enabled=true",
    read=_read,
    helpers={
        "differences": differences,
        "model_differences": model_differences,
        "chart_words": lambda: {"DPPL": OF_PREDICTIONS, "RD": OF_RECALL},
        "most_rows": lambda: MOST_ROWS,
    },
)
