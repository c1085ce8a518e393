"""Turn the data of a report into one HTML file without any reference to the outside."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bert_aas.contracts.atomic import write_text
from bert_aas.contracts.plain_text import printable
from pipeline.report import formatting
from pipeline.report.charts import confusion, data_and_training, evaluation, graph
from pipeline.report.data import EvaluationSection, GraphNode, ReportData

_PACKAGE = "pipeline.report"
_TEMPLATE = "pages/report.html.j2"
_STYLES = ("style.css", "dark.css")


def write_report(data: ReportData, path: Path) -> None:
    """Write the report; the file appears complete or not at all.

    Args:
        data: What to show.
        path: The HTML file to write; its folder is made if needed.
    """
    write_text(path, render_report(data))


def render_report(data: ReportData) -> str:
    """Render the report.

    Args:
        data: What to show.

    Returns:
        HTML with style and charts inside.
    """
    template = environment().get_template(_TEMPLATE)
    return template.render(report=data, style=style(*_STYLES), total_s=total_seconds(data.graph))


def total_seconds(nodes: tuple[GraphNode, ...]) -> float:
    """Add the times of the nodes up.

    Args:
        nodes: The nodes.

    Returns:
        Seconds.
    """
    return sum(node.seconds for node in nodes)


def slice_columns(evaluation: EvaluationSection) -> list[str]:
    """List the columns that the metrics are sliced by.

    Args:
        evaluation: The metrics.

    Returns:
        The columns in the order of the slices.
    """
    return list(dict.fromkeys(group.column for group in evaluation.slices))


def style(*names: str) -> Markup:
    """Read style sheets of this package.

    Args:
        names: Files in `templates/styles`.

    Returns:
        Their content, one after the other.
    """
    folder = files(_PACKAGE).joinpath("templates/styles")
    css = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    return Markup(css)  # noqa: S704 - our own files


def _shown(value: Any) -> Any:
    """Spell out what would turn the text around it; tags and entities are escaped later."""
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return printable(value, lines=True) if is_text else value


def environment() -> Environment:
    """Prepare Jinja for the templates of this package.

    Returns:
        The environment, with the filters and charts that templates use.
    """
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_shown,
    )
    environment.filters |= {
        "number": formatting.number,
        "share": formatting.share,
        "metric": formatting.metric,
        "duration": formatting.duration,
        "shorten": formatting.shorten,
        "in_words": formatting.in_words,
    }
    environment.globals |= {
        "charts": data_and_training,
        "confusion_chart": confusion,
        "evaluation_charts": evaluation,
        "graph_chart": graph.graph_chart,
        "slice_columns": slice_columns,
        "state_signs": graph.STATE_SIGNS,
    }
    return environment
