"""What a report is read from, and notes about what could not be read."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pipeline.report.data import GraphNode, RunOverview
from pipeline.run_records import ArtifactRecord, NodeRecord

FAILED = "failed"
SKIPPED = "skipped"

_logger = logging.getLogger(__name__)
_T = TypeVar("_T")


class Sources:
    """The artifacts of one run.

    Attributes:
        notes: Section to the reason why it is missing.
    """

    def __init__(
        self, records: Mapping[str, NodeRecord], graph: Sequence[GraphNode], run: RunOverview
    ) -> None:
        """Start without notes.

        Args:
            records: Node id to what the metadata know about it.
            graph: The nodes with their states.
            run: The run as a whole.
        """
        self.notes: dict[str, str] = {}
        self._records = records
        self._states = {node.id: node.state for node in graph}
        self._run = run

    def artifact(self, node_id: str, key: str) -> ArtifactRecord | None:
        """Find an output; what a failed node left does not count.

        Args:
            node_id: Id of the node.
            key: Key of the output.

        Returns:
            The artifact if its folder is there.
        """
        from tfx.dsl.io import fileio

        record = self._records.get(node_id)
        if record is None or FAILED in {record.state, self._states.get(node_id)}:
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
        state = self._states.get(node_id)
        if state is None:
            return f"The graph of this run has no {node_id}."
        if state == FAILED:
            return f"{node_id} failed and left nothing to show here: {self._run.error or 'see log'}"
        if state == SKIPPED and self._run.failed_node:
            return f"{node_id} did not run, because the run stopped at {self._run.failed_node}."
        if state == SKIPPED:
            return f"{node_id} did not run."
        return f"What {node_id} made is no longer there."
