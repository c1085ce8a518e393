"""What the sections of a report are read from, and notes about what could not be read."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pipeline.config.pipeline_config import PipelineConfig
from pipeline.metadata.records import FAILED, ArtifactRecord, NodeRecord
from pipeline.report.overview import SKIPPED, collect_graph, collect_overview

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")


class Sources:
    """One run: what it said of itself, its configuration, its artifacts.

    Attributes:
        run: The content of `run.json`; `error` and the reasons are optional.
        records: Node id to what the metadata know about it.
        config: The configuration of the run.
        graph: The nodes with their states.
        overview: The run as a whole.
        states: Id of each node to its state.
        notes: Section, or a part of one, to the reason why it is missing.
    """

    def __init__(
        self,
        run: Mapping[str, Any],
        records: Mapping[str, NodeRecord],
        ir: Any,
        config: PipelineConfig,
    ) -> None:
        """Start without notes.

        Args:
            run: The content of `run.json`.
            records: Node id to what the metadata know about it.
            ir: TFX's compiled graph.
            config: The configuration of the run.
        """
        self.run, self.records, self.config = run, records, config
        self.graph = collect_graph(run, ir)
        self.overview = collect_overview(run, self.graph, config.name)
        self.notes: dict[str, str] = {}
        self.states: Mapping[str, str] = {node.id: node.state for node in self.graph}
        self._collected: dict[str, Any] = {}

    def once(self, name: str, collect: Callable[[], _T]) -> _T:
        """Read a section when something asks for it first, and keep it.

        Args:
            name: Name of the section.
            collect: Reads it.

        Returns:
            What was read.
        """
        if name not in self._collected:
            self._collected[name] = collect()
        found: _T = self._collected[name]
        return found

    def artifact(self, node_id: str, key: str) -> ArtifactRecord | None:
        """Find an output; what a failed node left does not count.

        Args:
            node_id: Id of the node.
            key: Key of the output.

        Returns:
            The artifact if its folder is there.
        """
        from tfx.dsl.io import fileio

        record = self.records.get(node_id)
        if record is None or FAILED in {record.state, self.states.get(node_id)}:
            return None
        artifact = record.output(key)
        if artifact is None or not fileio.exists(artifact.uri):
            return None
        return artifact

    def read(
        self, section: str, node_id: str, key: str, reader: Callable[[ArtifactRecord], _T]
    ) -> _T | None:
        """Read an output, or note why it cannot be read.

        Args:
            section: Where the note is shown.
            node_id: Id of the node.
            key: Key of the output.
            reader: Reads the artifact.

        Returns:
            What the reader returns, or `None`.
        """
        artifact = self.artifact(node_id, key)
        if artifact is None:
            self.notes.setdefault(section, self.reason(node_id))
            return None
        try:
            return reader(artifact)
        except Exception as exc:  # a damaged artifact must not cost the rest of the report
            _logger.exception("the output %s of %s cannot be read", key, node_id)
            self.notes[section] = (
                f"The output `{key}` of {node_id} (artifact #{artifact.id}) cannot be read: "
                f"{type(exc).__name__}; the log of the run has the details."
            )
            return None

    def reason(self, node_id: str) -> str:
        """Say why a node left nothing.

        Args:
            node_id: Id of the node.

        Returns:
            One sentence.
        """
        state = self.states.get(node_id)
        if state is None:
            return f"The graph of this run has no {node_id}."
        run = self.overview
        if state == FAILED:
            return f"{node_id} failed, so there is nothing to show here: {run.error or 'see log'}"
        if state == SKIPPED and run.failed_node:
            return f"{node_id} did not run, because the run stopped at {run.failed_node}."
        if state == SKIPPED:
            return f"{node_id} did not run."
        return f"The outputs of {node_id} no longer exist."
