"""Compare past runs: parameters, metrics, and from which node on their artifacts differ."""

import math
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from bert_aas.contracts.errors import InvalidInputError
from pipeline.metadata.estimates import SHOWN_METRICS, Estimate
from pipeline.metadata.records import FAILED, RESOLVER_TYPE, ArtifactRecord
from pipeline.runs.past_runs import UNFINISHED, PastRun

MOST_RUNS = 8
"""More columns and lines than these cannot be told apart."""

_FEWEST_RUNS = 2


@dataclass(frozen=True)
class ParameterRow:
    """One parameter: its value in each run; `None` where a run does not tell."""

    name: str
    values: tuple[Any, ...]

    @property
    def differs(self) -> bool:
        """Whether two runs that tell it were told different values."""
        told = [value for value in self.values if value is not None]
        return any(value != told[0] for value in told)


@dataclass(frozen=True)
class MetricRow:
    """One metric: its estimate in each run, and the differences to the baseline run."""

    name: str
    estimates: tuple[Estimate | None, ...]
    differences: tuple[float | None, ...]


@dataclass(frozen=True)
class Cell:
    """What one node left in one run.

    Attributes:
        state: `executed`, `cached`, `failed`, `unfinished`, or `skipped` where it never started.
        artifacts: Output key to ids; for a resolver what it found in other runs.
        first: Place of the run among those compared that had these artifacts first, or `None` if
            there are none or they come from elsewhere.
    """

    state: str
    artifacts: tuple[tuple[str, tuple[int, ...]], ...] = ()
    first: int | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of all artifacts, sorted."""
        return tuple(sorted({number for _, listed in self.artifacts for number in listed}))


@dataclass(frozen=True)
class LineageRow:
    """One node: its cell in each run."""

    node_id: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Attributes:
        runs: The runs, the oldest first.
        baseline: Place of the run that metrics are compared with.
        differing: Parameters and fingerprints that are not the same in all runs.
        equal: The others.
        metrics: One row per metric that a run has.
        lineage: One row per node, in an order in which they can run.
        partings: What each run but the oldest shares and where it parts, a sentence without its
            subject.
        notes: What stands in the way of a fair comparison, and what could not be read.
    """

    runs: tuple[PastRun, ...]
    baseline: int
    differing: tuple[ParameterRow, ...]
    equal: tuple[ParameterRow, ...]
    metrics: tuple[MetricRow, ...]
    lineage: tuple[LineageRow, ...]
    partings: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """A letter for each run."""
        return tuple(string.ascii_uppercase[: len(self.runs)])


def compare(runs: Sequence[PastRun], baseline: str | None = None) -> Comparison:
    """Compare runs.

    Args:
        runs: Two to eight runs, in any order.
        baseline: Id of the run whose metrics the others' are compared with; default: the oldest.

    Returns:
        The comparison.

    Raises:
        InvalidInputError: If there are fewer or more runs, or the baseline is none of them.
    """
    if not _FEWEST_RUNS <= len(runs) <= MOST_RUNS:
        raise InvalidInputError(
            f"{_FEWEST_RUNS} to {MOST_RUNS} runs can be compared, not {len(runs)}"
        )
    ordered = tuple(sorted(runs, key=lambda run: run.started))
    ids = [run.id for run in ordered]
    if baseline is not None and baseline not in ids:
        raise InvalidInputError(f"the baseline {baseline} is not one of the runs {', '.join(ids)}")
    base = ids.index(baseline) if baseline else 0
    parameters = list(_parameters(ordered))
    lineage = tuple(_lineage(ordered))
    return Comparison(
        runs=ordered,
        baseline=base,
        differing=tuple(row for row in parameters if row.differs),
        equal=tuple(row for row in parameters if not row.differs),
        metrics=tuple(_metrics(ordered, base)),
        lineage=lineage,
        partings=tuple(_parting(lineage, place) for place in range(1, len(ordered))),
        notes=tuple(_notes(ordered)),
    )


def _parameters(runs: Sequence[PastRun]) -> Iterator[ParameterRow]:
    told = [{**run.parameters, **run.fingerprints} for run in runs]
    for name in dict.fromkeys(name for values in told for name in values):
        yield ParameterRow(name, tuple(values.get(name) for values in told))


def _metrics(runs: Sequence[PastRun], baseline: int) -> Iterator[MetricRow]:
    for name in SHOWN_METRICS:
        estimates = tuple(run.metrics.get(name) for run in runs)
        if any(estimates):
            base = estimates[baseline]
            yield MetricRow(name, estimates, tuple(_difference(one, base) for one in estimates))


def _difference(one: Estimate | None, base: Estimate | None) -> float | None:
    found = one.value - base.value if one and base else math.nan
    return found if math.isfinite(found) else None


def _lineage(runs: Sequence[PastRun]) -> Iterator[LineageRow]:
    makers = _makers(runs)
    for node_id in dict.fromkeys(node_id for run in runs for node_id in run.nodes):
        yield LineageRow(node_id, tuple(_cell(run, node_id, makers) for run in runs))


def _makers(runs: Sequence[PastRun]) -> dict[int, int]:
    """Map the id of each artifact to the first run that has it of one of its own nodes."""
    makers: dict[int, int] = {}
    for place, run in enumerate(runs):
        for number in _own(run):
            makers.setdefault(number, place)
    return makers


def _own(run: PastRun) -> set[int]:
    return {
        artifact.id
        for node in run.nodes.values()
        if node.type != RESOLVER_TYPE and node.state != FAILED
        for listed in node.outputs.values()
        for artifact in listed
    }


def _cell(run: PastRun, node_id: str, makers: dict[int, int]) -> Cell:
    node = run.nodes.get(node_id)
    if node is None:
        return Cell("skipped")
    if node.state == FAILED:
        return Cell(FAILED if node.ended else UNFINISHED)
    # A resolver also hands on what its own run made: that says nothing about the others.
    hidden = _own(run) if node.type == RESOLVER_TYPE else set[int]()
    kept = {key: _ids(listed, hidden) for key, listed in sorted(node.outputs.items())}
    artifacts = tuple((key, ids) for key, ids in kept.items() if ids)
    places = {makers.get(number) for _, ids in artifacts for number in ids}
    return Cell(node.state, artifacts, places.pop() if len(places) == 1 else None)


def _ids(listed: Sequence[ArtifactRecord], hidden: set[int]) -> tuple[int, ...]:
    return tuple(artifact.id for artifact in listed if artifact.id not in hidden)


def _parting(lineage: Sequence[LineageRow], place: int) -> str:
    """Say what a run shares with the older one that it shares most with, and where they part."""
    shared = {
        other: [row.node_id for row in lineage if _same(row.cells[other], row.cells[place])]
        for other in range(place)
    }
    nearest = max(range(place), key=lambda other: len(shared[other]))
    older, same = string.ascii_uppercase[nearest], shared[nearest]
    made = [row.node_id for row in lineage if row.cells[place].first == place]
    ends = {FAILED, UNFINISHED}
    stopped = next((row.node_id for row in lineage if row.cells[place].state in ends), None)
    if not same:
        return "shares nothing with an older run here."
    if not made and not stopped:
        return f"made no artifact of its own: all its artifacts are {older}'s."
    begin = f"shares {_span(lineage, same)} with {older}"
    return (
        f"{begin} and differs from it from {made[0]} on."
        if made
        else f"{begin} and stops at {stopped}."
    )


def _span(lineage: Sequence[LineageRow], names: Sequence[str]) -> str:
    """Name the nodes; those from the first one on without a gap by their last."""
    made = [row.node_id for row in lineage if any(cell.artifacts for cell in row.cells)]
    pairs = zip(made, names, strict=False)
    length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    if length <= 1:
        return _listed(names)
    begin = f"everything up to {names[length - 1]}"
    return f"{begin}, and {_listed(names[length:])}," if names[length:] else begin


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _same(one: Cell, other: Cell) -> bool:
    return bool(one.artifacts) and one.artifacts == other.artifacts


def _measured_rows(run: PastRun) -> ArtifactRecord | None:
    """Return the rows as the nodes after preparation saw them."""
    return run.artifact("Preparer", "examples") or run.artifact("ExampleGen", "examples")


def _notes(runs: Sequence[PastRun]) -> Iterator[str]:
    measured = [run for run in runs if run.metrics]
    rows = {examples.id for run in measured if (examples := _measured_rows(run))}
    if len(rows) > 1:
        yield (
            "The runs were measured on different rows: their examples differ, so differences of "
            "the metrics need not come from the models."
        )
    for place, run in enumerate(runs):
        yield from (f"{string.ascii_uppercase[place]}: {note}" for note in run.notes)
