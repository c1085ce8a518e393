"""The graph with the state and the time of every node."""

from pipeline.report.charts.graph import graph_chart
from pipeline.report.section import RunSection

SECTION = RunSection(
    name="graph",
    title="Graph",
    read=lambda run: run.graph,
    helpers={"graph_chart": graph_chart},
)
