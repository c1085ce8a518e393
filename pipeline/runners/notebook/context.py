"""TFX's `InteractiveContext`, over the launcher that every other runner uses."""

import time
from collections.abc import Sequence
from typing import Any

from ml_metadata.metadata_store import MetadataStore
from tfx.orchestration.experimental.interactive.execution_result import ExecutionResult
from tfx.orchestration.experimental.interactive.interactive_context import InteractiveContext
from tfx.orchestration.pipeline import Pipeline
from tfx.proto.orchestration import pipeline_pb2
from tfx.types import Artifact, artifact_utils

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.layout import OutputLayout
from pipeline.metadata.opening import open_store
from pipeline.metadata.records import FAILED, NodeRecord, node_attempts, read_run
from pipeline.nodes.node import NodeResult, metadata_connection, run_node
from pipeline.runners.local.running import locked
from pipeline.runners.notebook.display import libraries_to_log


class LauncherContext(InteractiveContext):
    """Runs the components of the graph one by one, and keeps what they made in their channels.

    TFX's own context launches components as TFX's first orchestrators did: with another cache key,
    without run contexts, and without our drivers and resolver strategies. This one runs the
    compiled node, so a notebook shares cache, lineage and blessings with every other runner.

    Attributes:
        run_id: Id of the run that nodes belong to.
        results: Node id to how it ended, of the nodes of the run that were started.
        error: What stopped the last node, if anything did.
    """

    def __init__(
        self, graph: Pipeline, ir: pipeline_pb2.Pipeline, layout: OutputLayout, run_id: str
    ) -> None:
        """Take a graph over and begin a run.

        Args:
            graph: The graph; channels of its components are filled.
            ir: The same, compiled, with the metadata's address.
            layout: The output folder: it is locked while a node runs, and has the logs.
            run_id: Id of the run.
        """
        super().__init__(
            pipeline_name=ir.pipeline_info.id,
            pipeline_root=layout.artifacts,
            metadata_connection_config=metadata_connection(ir),
        )
        self._ir = ir
        self._layout = layout
        self._components: dict[str, Any] = {node.id: node for node in graph.components}
        self.begin(run_id)

    def begin(self, run_id: str) -> None:
        """Begin a new run, or continue one from the metadata.

        Args:
            run_id: Id of the run.
        """
        self.run_id = run_id
        self.error: BaseException | None = None
        self.results: dict[str, NodeResult] = {}
        for component in self._components.values():
            for channel in component.outputs.values():
                channel.set_artifacts([])

    def take_up(self, run_id: str) -> None:
        """Go on with a run that the metadata knows: its finished nodes count, with their artifacts.

        Args:
            run_id: Id of the run.
        """
        self.begin(run_id)
        for name, record in self.records().items():
            if record.state != FAILED and name in self._components:
                self.results[name] = NodeResult(name, record.state, record.seconds)
                self._result(self._components[name])

    def finished(self, node_id: str) -> bool:
        """Return whether a node of the current run has succeeded."""
        return node_id in self.results and self.results[node_id].state != FAILED

    @property
    def components(self) -> dict[str, Any]:
        """Return the components of the graph by id."""
        return dict(self._components)

    def run(
        self,
        component: Any,
        enable_cache: bool = True,
        beam_pipeline_args: Sequence[str] | None = None,
    ) -> ExecutionResult:
        """Run one component in the current run.

        Args:
            component: One of `components`; its upstream nodes must have run.
            enable_cache: Whether it may take its outputs from an earlier, equal execution.
            beam_pipeline_args: Not taken: the configuration's section `beam` has them.

        Returns:
            The component with its channels filled, and the id of its execution.

        Raises:
            InvalidInputError: If the component is not of this graph, Beam arguments are given, or
                the run has it already and the cache is forbidden.
        """
        if component not in self._components.values():
            known = ", ".join(self._components)
            raise InvalidInputError(
                f"{component!r} is not a component of this pipeline; use one of `components`: "
                f"{known}"
            )
        if beam_pipeline_args:
            raise InvalidInputError(
                "Beam arguments belong to the configuration: settings=['beam.options.KEY=VALUE']"
            )
        if not enable_cache and self.finished(component.id):
            raise InvalidInputError(
                f"{component.id} has already run in {self.run_id}; start a new run to run it again"
            )
        ir = self._ir if enable_cache else _without_cache(self._ir, component.id)
        with locked(self._layout), libraries_to_log(self._layout.log(self.run_id)):
            self._run(ir, component.id)
        return self._result(component)

    def _run(self, ir: pipeline_pb2.Pipeline, node_id: str) -> None:
        started = time.monotonic()
        self.error = None
        try:
            found = run_node(ir, node_id, self.run_id)
        except BaseException as exc:  # an interrupted node has not ended well either
            self.error = exc
            self.results[node_id] = NodeResult(node_id, FAILED, time.monotonic() - started)
            raise
        if not self.finished(node_id):
            self.results[node_id] = found

    def records(self) -> dict[str, NodeRecord]:
        """Return what the metadata know about the current run, by node id."""
        return read_run(self.metadata_connection_config, self.run_id)

    def _result(self, component: Any) -> ExecutionResult:
        store = open_store(self.metadata_connection_config)
        attempts = node_attempts(
            self.metadata_connection_config, self.run_id, self.pipeline_name, component.id
        )
        record = self.records().get(component.id)
        for key, found in (record.outputs if record else {}).items():
            if key in component.outputs:
                made = [_artifact(store, artifact.id) for artifact in found]
                component.outputs[key].set_artifacts(made)
        execution_id = attempts[0].execution_id if attempts else 0
        return ExecutionResult(component=component, execution_id=execution_id)


def _artifact(store: MetadataStore, artifact_id: int) -> Artifact:
    artifact = store.get_artifacts_by_id([artifact_id])[0]
    kind = store.get_artifact_types_by_id([artifact.type_id])[0]
    return artifact_utils.deserialize_artifact(kind, artifact)


def _without_cache(ir: pipeline_pb2.Pipeline, node_id: str) -> pipeline_pb2.Pipeline:
    changed = pipeline_pb2.Pipeline()
    changed.CopyFrom(ir)
    for entry in changed.nodes:
        node = entry.pipeline_node
        if node.node_info.id == node_id:
            node.execution_options.caching_options.enable_cache = False
    return changed
