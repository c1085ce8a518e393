"""One run of a notebook's pipeline, and the views of it."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pipeline.config.layout import layout_here
from pipeline.config.pipeline_config import PipelineConfig, located
from pipeline.config.preflight import (
    check_anomaly_names,
    check_data,
    check_encoder,
    check_places,
    check_sign_key,
)
from pipeline.graph.assembly import create_pipeline
from pipeline.graph.catalogue.order import entry_of
from pipeline.graph.compiled import CompiledPipeline, write_compiled
from pipeline.graph.compiling import compile_pipeline
from pipeline.graph.node_parameters import exec_properties
from pipeline.graph.run_settings import connected
from pipeline.metadata.records import NodeRecord
from pipeline.nodes.node import check_node, node_ids
from pipeline.report import collect_report, write_report
from pipeline.report.data import ReportData
from pipeline.report.pages.fragment import Fragment, render_template, show_section
from pipeline.report.sections import catalogue
from pipeline.runners.local.running import new_run_id
from pipeline.runners.notebook.context import LauncherContext
from pipeline.runners.notebook.display import libraries_to_log
from pipeline.runners.notebook.errors import NotebookError, in_a_sentence
from pipeline.runs.outcome import RunOutcome
from pipeline.runs.summary import summarize, write_json


class NotebookRun:
    """A compiled graph, a run of it, and what the run has made so far.

    Attributes:
        config: The configuration.
        context: TFX's `InteractiveContext` over our launcher.
    """

    def __init__(self, config: PipelineConfig) -> None:
        """Check and compile.

        Args:
            config: The configuration.
        """
        self._collected: tuple[Any, ReportData] | None = None
        self._prepare(config)

    @property
    def run_id(self) -> str:
        """Return the id of the current run."""
        return self.context.run_id

    @property
    def nodes(self) -> list[str]:
        """Return the ids of the nodes, in an order in which they can run."""
        return node_ids(self._compiled.ir)

    @property
    def components(self) -> dict[str, Any]:
        """Return TFX's components by node id; the channels of those that ran hold artifacts."""
        return self.context.components

    def new_run(self) -> str:
        """Begin a new run with the same values; equal nodes will come from the cache.

        Returns:
            The id of the run.
        """
        self.context.begin(new_run_id())
        return self.run_id

    def outputs(self, names: Sequence[str]) -> Fragment:
        """Show state, time and artifacts of nodes of the current run.

        Args:
            names: Ids of the nodes.

        Returns:
            A table.
        """
        records = self.context.records()
        results = self.context.results
        rows = [
            (results[name], record, self._note(record))
            for name in names
            if name in results
            for record in [records.get(name, NodeRecord(name, "skipped"))]
        ]
        title = f"Run {self.run_id}"
        return render_template("pages/outputs.html.j2", title, rows=rows, run_id=self.run_id)

    @in_a_sentence
    def artifact(self, node_id: str, key: str) -> str:
        """Return where a node of the current run wrote an output.

        Args:
            node_id: Id of the node.
            key: Key of the output, e.g. `examples`.

        Returns:
            The folder.

        Raises:
            NotebookError: If there is no such output.
        """
        check_node(self._compiled.ir, node_id)
        record = self.context.records().get(node_id)
        found = record.output(key) if record else None
        if found is None:
            keys = (
                ", ".join(record.outputs)
                if record
                else f"nothing: it did not run; run({node_id!r})"
            )
            raise NotebookError(f"{node_id} has no output {key!r} in this run; it has {keys}")
        return found.uri

    @property
    def pushed_models(self) -> Path:
        """Return the folder of versions that the current run pushed to: what a server is given.

        Raises:
            NotebookError: If it pushed nothing.
        """
        summary = self.summary()
        if summary["pushed_model"] is None:
            reason = "the Pusher did not run"
            if summary["reason"] and not summary["blessed"]:
                reason = summary["reason"]
            elif summary["infra_reason"] and not summary["infra_blessed"]:
                reason = summary["infra_reason"]
            raise NotebookError(f"this run pushed nothing: {reason}")
        return Path(summary["pushed_model"]).parent

    @in_a_sentence
    def show(self, section: str) -> Fragment:
        """Show a section of the report, of what the current run has so far.

        Args:
            section: Its name, e.g. `graph`, `data`, `training`, `evaluation` or `verdict`; a wrong
                name is answered with all of them.

        Returns:
            The section.

        Raises:
            NotebookError: If there is no such section.
        """
        known = {found.name: found for found in catalogue.SECTIONS}
        if section not in known:
            raise NotebookError(f"there is no section {section!r}; these are {', '.join(known)}")
        chosen = known[section]
        if chosen.setting and chosen.node not in self.nodes:
            raise NotebookError(
                f"the graph has no {chosen.node}; settings=[{chosen.setting!r}] adds it"
            )
        state = (self.run_id, dict(self.context.results))
        if self._collected is None or self._collected[0] != state:
            with self.quiet():
                self._collected = (state, self._collect())
        return show_section(chosen, self._collected[1])

    def quiet(self) -> AbstractContextManager[None]:
        """Return a context in which libraries print into the log of the current run."""
        return libraries_to_log(self._layout.log(self.run_id))

    def summary(self) -> dict[str, Any]:
        """Return what `run.json` says about a run, of the current one so far."""
        outcome = RunOutcome(self.run_id, list(self.context.results.values()), self.context.error)
        records = self.context.records()
        return summarize(outcome, self.nodes, records, str(self._layout.report))

    def write_report(self) -> Path:
        """Write `report.html` and `run.json` of the current run into the output folder.

        Returns:
            The report.
        """
        with self.quiet():
            write_json(self.summary(), self._layout.run_summary)
            write_report(self._collect(), self._layout.report)
        return self._layout.report

    def _prepare(self, config: PipelineConfig) -> None:
        """Check and compile a configuration, and begin a run with it."""
        config = located(config)
        check_places(config)
        check_data(config)
        encoder = check_encoder(config)
        check_anomaly_names(config)
        check_sign_key(config)
        layout = layout_here(config.output_dir)
        run_id = new_run_id()
        with libraries_to_log(layout.log(run_id)):
            graph = create_pipeline(config, encoder)
            compiled = CompiledPipeline(config, compile_pipeline(graph))
            ir = connected(compiled.ir, config)
            context = LauncherContext(graph, ir, layout, run_id)
        write_compiled(compiled, layout.compiled_graph)
        self.config, self._layout, self._encoder = config, layout, encoder
        self._compiled, self.context = compiled, context

    def _upstream(self, node_id: str) -> list[str]:
        """List everything that a node needs, in order."""
        direct = {
            node.pipeline_node.node_info.id: set(node.pipeline_node.upstream_nodes)
            for node in self._compiled.ir.nodes
        }
        found: set[str] = set()
        waiting = list(direct[node_id])
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += direct[name]
        return [name for name in self.nodes if name in found]

    def _note(self, record: NodeRecord) -> str:
        """Say which values a node was made with, if they are not those of this pipeline."""
        encoder = self._encoder if entry_of(record.node_id).needs_encoder else None
        wanted = exec_properties(record.node_id, self._compiled.config, encoder)
        told = record.parameters
        other = [key for key, value in wanted.items() if told.get(key) not in {value, None}]
        return f"made with another {', '.join(other)}" if other else ""

    def _collect(self) -> ReportData:
        records = self.context.records()
        return collect_report(self.summary(), records, self._compiled.ir, self._compiled.config)
