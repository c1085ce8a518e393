"""What `bert-aas runs` does: list past runs, or compare them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bert_aas.contracts.plain_text import printable, printable_json
from pipeline.console.messages import say
from pipeline.console.terminal import styled, wide_console
from pipeline.report.formatting import MISSING, duration, in_words, metric, number
from pipeline.report.pages.comparison import cell_text, draw_comparison
from pipeline.runs.comparison import MOST_RUNS, Comparison, compare
from pipeline.runs.conditions import not_met
from pipeline.runs.past_runs import PastRun, past_runs

_OUTCOME_STYLES = {"passed": "green", "failed": "yellow", "not_measured": "yellow"}
_STYLES = {
    "succeeded": "green",
    "not_blessed": "yellow",
    "waiting_for_approval": "cyan",
    "failed": "red",
}


@dataclass(frozen=True)
class ListingRequest:
    """What the user asked for.

    Attributes:
        output_dir: The output folder of the runs.
        metadata_url: The address of their metadata instead.
        run_ids: Which runs; all if empty.
        last: How many at most, the newest ones.
        side_by_side: Compare them.
        output: An HTML file for the comparison.
        as_json: Print JSON for programs.
    """

    output_dir: str | None
    metadata_url: str | None
    run_ids: Sequence[str] = ()
    last: int | None = None
    side_by_side: bool = False
    output: Path | None = None
    as_json: bool = False


def list_runs(request: ListingRequest) -> None:
    """Print past runs, newest first, or side by side, oldest first.

    Args:
        request: What the user asked for.

    Raises:
        InvalidInputError: If there is no such metadata, no such run, or too few or many to compare.
    """
    compared = request.side_by_side or request.output is not None
    last = request.last or (MOST_RUNS if compared and not request.run_ids else None)
    runs = past_runs(request.output_dir, request.metadata_url, run_ids=request.run_ids, last=last)
    comparison = compare(runs) if compared else None
    if comparison and request.output:
        draw_comparison(comparison).write(request.output)
    if request.as_json:
        found = comparison_json(comparison) if comparison else [run_json(run) for run in runs]
        say(printable_json(found))
        return
    console = wide_console()
    if comparison:
        print_comparison(comparison, console)
    else:
        print_runs(runs, console)
        print_conditions(runs, console, in_full=bool(request.run_ids))
    if request.output:
        console.print(f"Page         {printable(request.output)}", soft_wrap=True)


def show_run(request: ListingRequest) -> None:
    """Print one run with the conditions of its model.

    Args:
        request: Where, and which run.

    Raises:
        InvalidInputError: If there is no such metadata or run.
    """
    (run,) = past_runs(request.output_dir, request.metadata_url, run_ids=request.run_ids)
    if request.as_json:
        say(printable_json(run_json(run)))
        return
    console = wide_console()
    print_runs([run], console)
    table = _table(("Condition", "Outcome", "What was found"), (), ())
    for one in run.conditions:
        counts = "" if one["decides"] else " (part of another)"
        outcome = one["outcome"].replace("_", " ")
        style = _OUTCOME_STYLES.get(one["outcome"], "")
        sentence = printable(one["sentence"])
        table.add_row(printable(one["name"]), styled(f"{outcome}{counts}", style), sentence)
    if run.conditions:
        console.print("")
        console.print(table)
    names = ", ".join(printable(one["name"]) for one in not_met(run.conditions))
    console.print(f"\nNot met      {names or 'none'}", soft_wrap=True)


def print_runs(runs: Sequence[PastRun], console: Console, labels: Sequence[str] = ()) -> None:
    """Show a table of runs.

    Args:
        runs: The runs, in the order of the rows.
        console: Where to show it.
        labels: Letters of the runs, if they have some.
    """
    if not runs:
        console.print("no runs yet")
        return
    several = len({run.pipeline for run in runs}) > 1
    names = [*[""][: len(labels)], "Run", *["Pipeline"][: int(several)], "Started", "State"]
    table = _table(names, ("Time", "Accuracy", "Executed", "Cached"), ("Pushed",))
    for place, run in enumerate(runs):
        accuracy = run.metrics.get("accuracy")
        table.add_row(
            *labels[place : place + 1],
            printable(run.id),
            *[printable(run.pipeline)][: int(several)],
            f"{run.started:%Y-%m-%d %H:%M}",
            styled(run.state.replace("_", " "), _STYLES.get(run.state, "")),
            duration(run.seconds),
            metric(accuracy.value if accuracy else None),
            str(run.states["executed"]),
            str(run.states["cached"]),
            printable(Path(run.pushed_model).name) if run.pushed_model else MISSING,
        )
    console.print(table)


def print_conditions(runs: Sequence[PastRun], console: Console, *, in_full: bool) -> None:
    """Name the conditions that the models of runs did not meet.

    Args:
        runs: The runs.
        console: Where to show them.
        in_full: Whether what was measured is told, too.
    """
    for run in runs:
        failed = not_met(run.conditions)
        if not failed:
            continue
        names = ", ".join(printable(one["name"]) for one in failed)
        console.print(f"{printable(run.id)} did not meet: {names}", style="yellow", soft_wrap=True)
        for one in failed if in_full else ():
            console.print(
                f"  {printable(one['name'])}: {printable(one['sentence'])}", soft_wrap=True
            )


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Show runs side by side.

    Args:
        comparison: The runs.
        console: Where to show them.
    """
    labels = comparison.labels
    print_runs(comparison.runs, console, labels)
    parameters = [(row.name, map(number, row.values)) for row in comparison.differing]
    metrics = [
        (in_words(row.name), (metric(one.value if one else None) for one in row.estimates))
        for row in comparison.metrics
    ]
    artifacts = [(row.node_id, map(cell_text, row.cells)) for row in comparison.lineage]
    tables: dict[str, Sequence[tuple[str, Iterable[str]]]] = {
        "Parameter": parameters,
        "Metric": metrics,
        "Artifacts": artifacts,
    }
    for title, rows in tables.items():
        table = _table((title,), (), labels)
        for name, values in rows:
            table.add_row(styled(name), *map(styled, values))
        if rows:
            console.print("")
            console.print(table)
    console.print("")
    for label, sentence in zip(labels[1:], comparison.partings, strict=True):
        console.print(f"{label} {printable(sentence)}")
    for note in comparison.notes:
        console.print(f"Note: {printable(note)}", style="yellow")


def run_json(run: PastRun) -> dict[str, Any]:
    """Describe a run for programs.

    Args:
        run: The run.

    Returns:
        Values that JSON can hold.
    """
    return {
        "run_id": run.id,
        "pipeline": run.pipeline,
        "started": run.started.isoformat(),
        "status": run.state,
        "seconds": round(run.seconds, 2),
        "nodes": [
            {"id": node.node_id, "state": node.state, "seconds": round(node.seconds, 2)}
            for node in run.nodes.values()
        ],
        "parameters": dict(run.parameters),
        "fingerprints": dict(run.fingerprints),
        "metrics": {
            name: None if math.isnan(estimate.value) else estimate.value
            for name, estimate in run.metrics.items()
        },
        "conditions": [dict(one) for one in run.conditions],
        "pushed_model": run.pushed_model,
        "artifacts": {
            name: {key: [one.id for one in made] for key, made in sorted(node.outputs.items())}
            for name, node in run.nodes.items()
        },
        "notes": list(run.notes),
    }


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Describe runs side by side for programs.

    Args:
        comparison: The runs.

    Returns:
        Values that JSON can hold; lists are in the order of `runs`.
    """
    return {
        "runs": [run_json(run) for run in comparison.runs],
        "baseline": comparison.runs[comparison.baseline].id,
        "differing": {row.name: list(row.values) for row in comparison.differing},
        "differences": {row.name: list(row.differences) for row in comparison.metrics},
        "artifacts": {
            row.node_id: [list(cell.ids) for cell in row.cells] for row in comparison.lineage
        },
        "notes": list(comparison.notes),
    }


def _table(left: Sequence[str], right: Sequence[str], last: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right")
    for name in last:
        table.add_column(name)
    return table
