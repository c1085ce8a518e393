"""Draw past runs: as a list, and compared with each other."""

from collections.abc import Sequence

from markupsafe import Markup

from bert_aas.contracts.errors import InvalidInputError
from pipeline.report.charts.comparison import metric_chart, runs_curve
from pipeline.report.formatting import MISSING, number
from pipeline.report.pages.fragment import Fragment, render_template
from pipeline.runs.comparison import Cell, Comparison
from pipeline.runs.past_runs import PastRun

PARTS = ("runs", "parameters", "metrics", "curves", "lineage")
"""What `draw_comparison` can draw."""

_SIGNS = {"failed": "✕ failed", "unfinished": "… not finished", "skipped": MISSING}


def draw_runs(runs: Sequence[PastRun]) -> Fragment:
    """Draw a list of runs.

    Args:
        runs: The runs, in the order of the rows.

    Returns:
        The table.
    """
    return render_template("pages/runs.html.j2", "Runs", runs=runs, labels=(), badge=state_badge)


def draw_comparison(comparison: Comparison, *parts: str) -> Fragment:
    """Draw runs side by side.

    Args:
        comparison: The runs.
        parts: Which of `PARTS`; all if empty.

    Returns:
        The parts, in the order in which they were asked for.

    Raises:
        InvalidInputError: If there is no such part.
    """
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise InvalidInputError(
            f"a comparison has no part {', '.join(unknown)}; its parts are {', '.join(PARTS)}"
        )
    chosen = parts or PARTS
    return render_template(
        "pages/comparison.html.j2",
        "Runs side by side",
        parts=chosen,
        comparison=comparison,
        curve=_curve(comparison) if "curves" in chosen else None,
        chart=_chart(comparison) if "curves" in chosen else None,
        cell_text=cell_text,
        cell_title=cell_title,
        badge=state_badge,
    )


def state_badge(state: str) -> str:
    """Return the class of `m.badge` whose colour fits the state of a run."""
    return {"succeeded": "executed", "failed": "failed"}.get(state, "skipped")


def cell_text(cell: Cell) -> str:
    """Write what a node left in one run.

    Args:
        cell: The cell.

    Returns:
        For example `#5, 7`, or a word where there are no artifacts.
    """
    if not cell.artifacts:
        return _SIGNS.get(cell.state, "found none")
    return "#" + ", ".join(_ranges(cell.ids))


def cell_title(cell: Cell) -> str:
    """Write the artifacts of a cell by output key.

    Args:
        cell: The cell.

    Returns:
        For example `executed: model #13, model_run #14`.
    """
    listed = (f"{key} #{', #'.join(map(str, ids))}" for key, ids in cell.artifacts)
    return f"{cell.state}: {', '.join(listed)}" if cell.artifacts else cell.state


def _ranges(ids: Sequence[int]) -> list[str]:
    """Join neighbouring numbers: 5, 6, 7, 9 become one range and 9."""
    groups: list[list[int]] = []
    for found in ids:
        if groups and found == groups[-1][-1] + 1:
            groups[-1].append(found)
        else:
            groups.append([found])
    return [number(g[0]) if len(g) == 1 else f"{g[0]}\N{EN DASH}{g[-1]}" for g in groups]


def _curve(comparison: Comparison) -> Markup | None:
    return runs_curve(comparison) if any(run.curve for run in comparison.runs) else None


def _chart(comparison: Comparison) -> Markup | None:
    if not comparison.metrics:
        return None
    return metric_chart(comparison, comparison.metrics[0].name)
