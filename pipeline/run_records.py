"""Read from ML Metadata what one run did: executions, states, artifacts, parameters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ml_metadata import errors
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

FAILED = "failed"
RESOLVER_TYPE = "tfx.dsl.components.common.resolver.Resolver"
_MS_PER_S = 1000
_OUTPUT_EVENTS = (mlmd.Event.OUTPUT, mlmd.Event.INTERNAL_OUTPUT, mlmd.Event.DECLARED_OUTPUT)
_INPUT_EVENTS = (mlmd.Event.INPUT, mlmd.Event.INTERNAL_INPUT, mlmd.Event.DECLARED_INPUT)


@dataclass(frozen=True)
class ArtifactRecord:
    """One artifact.

    Attributes:
        id: Its id in the metadata store.
        type: TFX's type name, e.g. `Examples`.
        uri: Its folder.
        properties: All properties, the custom ones over the others.
    """

    id: int
    type: str
    uri: str
    properties: dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """One execution of a node in one run.

    Attributes:
        execution_id: Its id in the metadata store.
        state: `executed`, `cached` or `failed`; what was killed counts as failed.
    """

    execution_id: int
    state: str

    @property
    def succeeded(self) -> bool:
        """Whether the node need not run again in this run."""
        return self.state != FAILED


@dataclass(frozen=True)
class NodeRecord:
    """What one node did in one run.

    Attributes:
        node_id: Id of the node in the graph.
        state: `executed`, `cached` or `failed`.
        inputs: Input key to artifacts.
        outputs: Output key to artifacts.
        parameters: The execution's properties.
        seconds: From its registration in the metadata to its last change there.
    """

    node_id: str
    state: str
    inputs: dict[str, list[ArtifactRecord]] = field(default_factory=dict)
    outputs: dict[str, list[ArtifactRecord]] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def output(self, key: str) -> ArtifactRecord | None:
        """Return the single artifact of an output, or `None`."""
        artifacts = self.outputs.get(key, [])
        return artifacts[0] if artifacts else None


def read_run(connection: mlmd.ConnectionConfig, run_id: str) -> dict[str, NodeRecord]:
    """Read one run.

    Args:
        connection: Where the metadata is.
        run_id: Id of the run.

    Returns:
        Node id to record, for the nodes that were started.
    """
    store = MetadataStore(connection)
    context = _context(store, "pipeline_run", run_id)
    if context is None:
        return {}
    executions = sorted(store.get_executions_by_context(context.id), key=lambda found: found.id)
    records = (_node_record(store, execution) for execution in executions)
    return {record.node_id: record for record in records}


def node_attempts(
    connection: mlmd.ConnectionConfig, run_id: str, pipeline: str, node_id: str
) -> list[Attempt]:
    """List the executions of a node in a run.

    Args:
        connection: Where the metadata is.
        run_id: Id of the run.
        pipeline: Name of the pipeline.
        node_id: Id of the node.

    Returns:
        The executions, the latest first.
    """
    store = MetadataStore(connection)
    found = _executions(store, run_id, pipeline, node_id)
    return [Attempt(execution.id, _state(store, execution)) for execution in found]


def mark_failed(
    connection: mlmd.ConnectionConfig, run_id: str, pipeline: str, node_id: str
) -> None:
    """Record that the running execution of a node was stopped.

    Args:
        connection: Where the metadata is.
        run_id: Id of the run.
        pipeline: Name of the pipeline.
        node_id: Id of the node.
    """
    store = MetadataStore(connection)
    for execution in _executions(store, run_id, pipeline, node_id):
        if execution.last_known_state == mlmd.Execution.RUNNING:
            execution.last_known_state = mlmd.Execution.FAILED
            store.put_executions([execution])


def _executions(
    store: MetadataStore, run_id: str, pipeline: str, node_id: str
) -> list[mlmd.Execution]:
    run = _context(store, "pipeline_run", run_id)
    node = _context(store, "node", f"{pipeline}.{node_id}")
    if run is None or node is None:
        return []
    of_node = {execution.id for execution in store.get_executions_by_context(node.id)}
    of_run = store.get_executions_by_context(run.id)
    found = [execution for execution in of_run if execution.id in of_node]
    return sorted(found, key=lambda execution: -execution.id)


def _context(store: MetadataStore, kind: str, name: str) -> mlmd.Context | None:
    try:
        return store.get_context_by_type_and_name(kind, name)
    except errors.NotFoundError:
        return None


def execution_state(connection: mlmd.ConnectionConfig, execution_id: int) -> str:
    """Look the state of one execution up.

    Args:
        connection: Where the metadata is.
        execution_id: Its id.

    Returns:
        `executed`, `cached` or `failed`.
    """
    store = MetadataStore(connection)
    return _state(store, store.get_executions_by_id([execution_id])[0])


def _node_record(store: MetadataStore, execution: mlmd.Execution) -> NodeRecord:
    events = store.get_events_by_execution_ids([execution.id])
    artifacts = {
        artifact.id: artifact
        for artifact in store.get_artifacts_by_id([event.artifact_id for event in events])
    }
    return NodeRecord(
        node_id=_node_id(store, execution),
        state=_state(store, execution),
        seconds=(execution.last_update_time_since_epoch - execution.create_time_since_epoch)
        / _MS_PER_S,
        inputs=_by_key(events, artifacts, _INPUT_EVENTS),
        outputs=_by_key(events, artifacts, _OUTPUT_EVENTS),
        parameters=_values(execution.properties) | _values(execution.custom_properties),
    )


def _node_context(store: MetadataStore, execution: mlmd.Execution) -> mlmd.Context:
    contexts = store.get_contexts_by_execution(execution.id)
    return next(context for context in contexts if context.type == "node")


def _node_id(store: MetadataStore, execution: mlmd.Execution) -> str:
    return str(_node_context(store, execution).name.partition(".")[2])


def _state(store: MetadataStore, execution: mlmd.Execution) -> str:
    if execution.last_known_state not in {mlmd.Execution.COMPLETE, mlmd.Execution.CACHED}:
        return FAILED
    if execution.type == RESOLVER_TYPE:
        return "cached" if _found_the_same_before(store, execution) else "executed"
    return "cached" if execution.last_known_state == mlmd.Execution.CACHED else "executed"


def _found_the_same_before(store: MetadataStore, execution: mlmd.Execution) -> bool:
    """A resolver only looks up and is never cached by TFX; equal answers count as such here."""
    node = _node_context(store, execution)
    earlier = [e.id for e in store.get_executions_by_context(node.id) if e.id < execution.id]
    return bool(earlier) and _artifact_ids(store, max(earlier)) == _artifact_ids(
        store, execution.id
    )


def _artifact_ids(store: MetadataStore, execution_id: int) -> set[int]:
    return {event.artifact_id for event in store.get_events_by_execution_ids([execution_id])}


def _by_key(
    events: Iterable[mlmd.Event], artifacts: dict[int, mlmd.Artifact], types: tuple[int, ...]
) -> dict[str, list[ArtifactRecord]]:
    found: dict[str, list[ArtifactRecord]] = {}
    for event in events:
        if event.type in types and event.artifact_id in artifacts:
            key = next(step.key for step in event.path.steps if step.HasField("key"))
            artifact = artifacts[event.artifact_id]
            properties = _values(artifact.properties) | _values(artifact.custom_properties)
            record = ArtifactRecord(artifact.id, artifact.type, artifact.uri, properties)
            found.setdefault(key, []).append(record)
    return found


def _values(properties: Any) -> dict[str, Any]:
    return {
        name: getattr(value, value.WhichOneof("value"))
        for name, value in properties.items()
        if value.WhichOneof("value")
    }
