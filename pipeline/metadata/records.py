"""Read from ML Metadata what runs did: executions, states, artifacts, parameters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ml_metadata import errors
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from pipeline.metadata.opening import open_store

FAILED = "failed"
RESOLVER_TYPE = "tfx.dsl.components.common.resolver.Resolver"
RUN_CONTEXT = "pipeline_run"
NODE_CONTEXT = "node"
_MS_PER_S = 1000
_FEW = 50
"""Executions whose nodes are asked for one by one: a store may hold thousands of others."""
_ENDED = (
    mlmd.Execution.COMPLETE,
    mlmd.Execution.CACHED,
    mlmd.Execution.FAILED,
    mlmd.Execution.CANCELED,
)
OUTPUT_EVENTS = (mlmd.Event.OUTPUT, mlmd.Event.INTERNAL_OUTPUT, mlmd.Event.DECLARED_OUTPUT)
INPUT_EVENTS = (mlmd.Event.INPUT, mlmd.Event.INTERNAL_INPUT, mlmd.Event.DECLARED_INPUT)


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
        ended: Whether it ended, well or not; neither what still runs nor what was killed has.
        type: TFX's name of the component.
    """

    node_id: str
    state: str
    inputs: dict[str, list[ArtifactRecord]] = field(default_factory=dict)
    outputs: dict[str, list[ArtifactRecord]] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    ended: bool = True
    type: str = ""

    def output(self, key: str) -> ArtifactRecord | None:
        """Return the single artifact of an output, or `None`."""
        artifacts = self.outputs.get(key, [])
        return artifacts[0] if artifacts else None


@dataclass(frozen=True)
class RunRecord:
    """One run.

    Attributes:
        run_id: Id of the run.
        pipeline: Name of the pipeline; empty if no node was started.
        started: When it was registered in the metadata, local time.
        nodes: Node id to record, for the nodes that were started, in that order.
    """

    run_id: str
    pipeline: str
    started: datetime
    nodes: Mapping[str, NodeRecord]


def read_run(connection: mlmd.ConnectionConfig, run_id: str) -> dict[str, NodeRecord]:
    """Read one run.

    Args:
        connection: Where the metadata is.
        run_id: Id of the run.

    Returns:
        Node id to record, for the nodes that were started.
    """
    found = read_runs(connection, [run_id])
    return dict(found[0].nodes) if found else {}


def list_run_ids(connection: mlmd.ConnectionConfig) -> list[str]:
    """List all runs of a store, whatever started them.

    Args:
        connection: Where the metadata is.

    Returns:
        Their ids, the newest first.
    """
    found = open_store(connection).get_contexts_by_type(RUN_CONTEXT)
    return [context.name for context in sorted(found, key=_age)]


def read_runs(connection: mlmd.ConnectionConfig, run_ids: Sequence[str]) -> list[RunRecord]:
    """Read several runs with few queries.

    Args:
        connection: Where the metadata is.
        run_ids: Ids of the runs; those that the store does not know are left out.

    Returns:
        The runs, the newest first.
    """
    store = open_store(connection)
    asked = (_context(store, RUN_CONTEXT, name) for name in dict.fromkeys(run_ids))
    contexts = sorted((context for context in asked if context), key=_age)
    executions = {
        context.id: sorted(store.get_executions_by_context(context.id), key=lambda found: found.id)
        for context in contexts
    }
    snapshot = _Snapshot(store, [one for listed in executions.values() for one in listed])
    return [snapshot.run(context, executions[context.id]) for context in contexts]


def _age(context: mlmd.Context) -> tuple[int, int]:
    return -context.create_time_since_epoch, -context.id


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
    store = open_store(connection)
    found = _executions(store, run_id, pipeline, node_id)
    snapshot = _Snapshot(store, found)
    return [Attempt(execution.id, snapshot.state(execution)) for execution in found]


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
    store = open_store(connection)
    for execution in _executions(store, run_id, pipeline, node_id):
        if execution.last_known_state == mlmd.Execution.RUNNING:
            execution.last_known_state = mlmd.Execution.FAILED
            store.put_executions([execution])


def _executions(
    store: MetadataStore, run_id: str, pipeline: str, node_id: str
) -> list[mlmd.Execution]:
    run = _context(store, RUN_CONTEXT, run_id)
    node = _context(store, NODE_CONTEXT, f"{pipeline}.{node_id}")
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
    store = open_store(connection)
    executions = store.get_executions_by_id([execution_id])
    return _Snapshot(store, executions).state(executions[0])


class _Snapshot:
    """What a store knows about some executions, asked for in few queries."""

    def __init__(self, store: MetadataStore, executions: Sequence[mlmd.Execution]) -> None:
        self._store = store
        self._nodes = node_contexts(store, executions)
        resolvers = [found for found in executions if found.type == RESOLVER_TYPE]
        before = self._predecessors(resolvers)
        ids = {found.id for found in executions} | set(before.values())
        self._events: dict[int, list[mlmd.Event]] = defaultdict(list)
        for event in store.get_events_by_execution_ids(ids) if ids else ():
            self._events[event.execution_id].append(event)
        # A resolver only looks up and is never cached by TFX; equal answers of the same code count
        # as such here.
        self._repeated = {
            later for later, earlier in before.items() if self._ids(later) == self._ids(earlier)
        }
        self._artifacts: dict[int, mlmd.Artifact] | None = None

    def run(self, context: mlmd.Context, executions: Sequence[mlmd.Execution]) -> RunRecord:
        """Put a run together; of several executions of a node the last one counts."""
        names = [self._nodes[found.id].name.partition(".") for found in executions]
        started = context.create_time_since_epoch / _MS_PER_S
        return RunRecord(
            run_id=context.name,
            pipeline=names[0][0] if names else "",
            started=datetime.fromtimestamp(started, timezone.utc).astimezone(),
            nodes={
                name: self._record(name, found)
                for (_, _, name), found in zip(names, executions, strict=True)
            },
        )

    def state(self, execution: mlmd.Execution) -> str:
        """Return `executed`, `cached` or `failed`."""
        if execution.last_known_state not in {mlmd.Execution.COMPLETE, mlmd.Execution.CACHED}:
            return FAILED
        cached = execution.last_known_state == mlmd.Execution.CACHED
        return "cached" if cached or execution.id in self._repeated else "executed"

    def _record(self, node_id: str, execution: mlmd.Execution) -> NodeRecord:
        events, artifacts = self._events[execution.id], self._found_artifacts()
        span = execution.last_update_time_since_epoch - execution.create_time_since_epoch
        return NodeRecord(
            node_id=node_id,
            state=self.state(execution),
            seconds=span / _MS_PER_S,
            inputs=by_key(events, artifacts, INPUT_EVENTS),
            outputs=by_key(events, artifacts, OUTPUT_EVENTS),
            parameters=property_values(execution.properties)
            | property_values(execution.custom_properties),
            ended=execution.last_known_state in _ENDED,
            type=execution.type,
        )

    def _found_artifacts(self) -> dict[int, mlmd.Artifact]:
        if self._artifacts is None:
            ids = {event.artifact_id for listed in self._events.values() for event in listed}
            self._artifacts = {found.id: found for found in self._store.get_artifacts_by_id(ids)}
        return self._artifacts

    def _predecessors(self, executions: Sequence[mlmd.Execution]) -> dict[int, int]:
        """Find the execution of the same node before each, if it was of the same code."""
        nodes = {self._nodes[found.id].id for found in executions}
        history = {
            node: {found.id: _code(found) for found in self._store.get_executions_by_context(node)}
            for node in nodes
        }
        before: dict[int, int] = {}
        for execution in executions:
            codes = history[self._nodes[execution.id].id]
            earlier = max((found for found in codes if found < execution.id), default=None)
            if earlier is not None and codes[earlier] == codes[execution.id]:
                before[execution.id] = earlier
        return before

    def _ids(self, execution_id: int) -> set[int]:
        return {event.artifact_id for event in self._events[execution_id]}


def node_contexts(
    store: MetadataStore, executions: Sequence[mlmd.Execution]
) -> dict[int, mlmd.Context]:
    """Map the ids of executions to the contexts of their nodes.

    Args:
        store: The open metadata.
        executions: The executions.

    Returns:
        Id of each execution to context.
    """
    if len(executions) <= _FEW:
        return {
            execution.id: context
            for execution in executions
            for context in store.get_contexts_by_execution(execution.id)
            if context.type == NODE_CONTEXT
        }
    return {
        execution.id: context
        for context in store.get_contexts_by_type(NODE_CONTEXT)
        for execution in store.get_executions_by_context(context.id)
    }


def by_key(
    events: Iterable[mlmd.Event], artifacts: dict[int, mlmd.Artifact], types: tuple[int, ...]
) -> dict[str, list[ArtifactRecord]]:
    """Group the artifacts of an execution by the keys of its inputs or outputs.

    Args:
        events: The events of the execution.
        artifacts: Id to artifact.
        types: `INPUT_EVENTS` or `OUTPUT_EVENTS`.

    Returns:
        Key to artifacts.
    """
    found: dict[str, list[ArtifactRecord]] = {}
    for event in events:
        if event.type in types and event.artifact_id in artifacts:
            key = next(step.key for step in event.path.steps if step.HasField("key"))
            artifact = artifacts[event.artifact_id]
            properties = property_values(artifact.properties) | property_values(
                artifact.custom_properties
            )
            record = ArtifactRecord(artifact.id, artifact.type, artifact.uri, properties)
            found.setdefault(key, []).append(record)
    return found


def _code(execution: mlmd.Execution) -> Any:
    told = property_values(execution.properties) | property_values(execution.custom_properties)
    return told.get(CODE_FINGERPRINT_KEY)


def property_values(properties: Any) -> dict[str, Any]:
    """Read properties of an execution or an artifact.

    Args:
        properties: As ML Metadata has them.

    Returns:
        Name to value; what has none is left out.
    """
    return {
        name: getattr(value, value.WhichOneof("value"))
        for name, value in properties.items()
        if value.WhichOneof("value")
    }
