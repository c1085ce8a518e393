"""Turn the data of a report into one HTML file without any reference to the outside."""

from pathlib import Path

from bert_aas.contracts.files.atomic import write_text
from pipeline.report.data import ReportData
from pipeline.report.overview import GraphNode
from pipeline.report.pages.rendering import environment, render_section, style
from pipeline.report.sections import catalogue, data, evaluation, verdict

_TEMPLATE = "pages/report.html.j2"
_STYLES = ("style.css", "dark.css")


def write_report(report: ReportData, path: Path) -> None:
    """Write the report; the file appears complete or not at all.

    Args:
        report: What to show.
        path: The HTML file to write; its folder is made if needed.
    """
    write_text(path, render_report(report))


def render_report(report: ReportData) -> str:
    """Render the report.

    Args:
        report: What to show.

    Returns:
        HTML with style and charts inside.
    """
    templates = environment()
    sections = [found for found in catalogue.SECTIONS if found.name in report.sections]
    return templates.get_template(_TEMPLATE).render(
        report=report,
        sections=sections,
        bodies=[render_section(section, report, templates) for section in sections],
        data=report.value(data.SECTION),
        evaluation=report.value(evaluation.SECTION),
        verdict=report.value(verdict.SECTION),
        style=style(*_STYLES),
        total_s=total_seconds(report.graph),
    )


def total_seconds(nodes: tuple[GraphNode, ...]) -> float:
    """Add the times of the nodes up.

    Args:
        nodes: The nodes.

    Returns:
        Seconds.
    """
    return sum(node.seconds for node in nodes)
