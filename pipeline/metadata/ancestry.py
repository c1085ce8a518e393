"""Go through ML Metadata from artifact to artifact: what made them, and what read them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.metadata.records import (
    INPUT_EVENTS,
    OUTPUT_EVENTS,
    RESOLVER_TYPE,
    RUN_CONTEXT,
    ArtifactRecord,
    by_key,
    node_contexts,
    property_values,
)

_ASIDE = "baseline_model"
"""The model that another one is measured against: nothing is made of it."""

_MS_PER_S = 1000


@dataclass(frozen=True)
class Execution:
    """One execution that made something.

    Attributes:
        id: Its id in the metadata store.
        node_id: Id of its node.
        pipeline: Name of the pipeline.
        run_id: The run that executed it, not those that took it from the cache.
        started: When it was registered.
        ended: When it was changed last.
        inputs: Input key to artifacts.
        outputs: Output key to artifacts.
        parameters: Its properties.
    """

    id: int
    node_id: str
    pipeline: str
    run_id: str
    started: datetime
    ended: datetime
    inputs: Mapping[str, list[ArtifactRecord]]
    outputs: Mapping[str, list[ArtifactRecord]]
    parameters: Mapping[str, Any]

    def read(self) -> list[ArtifactRecord]:
        """Return what it read, but no baseline."""
        return [one for key, listed in self.inputs.items() if key != _ASIDE for one in listed]

    def made(self) -> list[ArtifactRecord]:
        """Return what it made."""
        return [one for listed in self.outputs.values() for one in listed]


def ancestors(store: MetadataStore, artifact_ids: Iterable[int]) -> list[Execution]:
    """Find the executions that some artifacts come from, however far back.

    Args:
        store: The open metadata.
        artifact_ids: Ids of the artifacts.

    Returns:
        The executions in the order of their start. Those that only looked something up or took it
        from the cache are no part of it.
    """

    def makers(ids: Collection[int]) -> set[int]:
        first: dict[int, int] = {}
        for event, execution in _events(store, ids, OUTPUT_EVENTS):
            earlier = first.setdefault(event.artifact_id, execution.id)
            first[event.artifact_id] = min(earlier, execution.id)
        return set(first.values())

    return _walk(store, artifact_ids, makers, Execution.read)


def descendants(store: MetadataStore, artifact_ids: Iterable[int]) -> list[Execution]:
    """Find the executions that made something of some artifacts, however far on.

    Args:
        store: The open metadata.
        artifact_ids: Ids of the artifacts.

    Returns:
        As `ancestors`.
    """

    def readers(ids: Collection[int]) -> set[int]:
        found = _events(store, ids, INPUT_EVENTS)
        return {execution.id for event, execution in found if _key(event) != _ASIDE}

    return _walk(store, artifact_ids, readers, Execution.made)


def _walk(
    store: MetadataStore,
    artifact_ids: Iterable[int],
    next_to: Callable[[Collection[int]], set[int]],
    onward: Callable[[Execution], list[ArtifactRecord]],
) -> list[Execution]:
    found: dict[int, Execution] = {}
    seen, wave = set[int](), set(artifact_ids)
    while wave:
        seen |= wave
        new = next_to(wave) - found.keys()
        executions = read_executions(store, new)
        found |= {one.id: one for one in executions}
        wave = {artifact.id for one in executions for artifact in onward(one)} - seen
    return [found[number] for number in sorted(found)]


def _events(
    store: MetadataStore, artifact_ids: Collection[int], types: tuple[int, ...]
) -> list[tuple[mlmd.Event, mlmd.Execution]]:
    """Return the events of some artifacts at executions that did their work themselves."""
    events = [
        event for event in store.get_events_by_artifact_ids(artifact_ids) if event.type in types
    ]
    ids = {event.execution_id for event in events}
    executions = {one.id: one for one in store.get_executions_by_id(ids)} if ids else {}
    return [
        (event, executions[event.execution_id])
        for event in events
        if executions[event.execution_id].last_known_state == mlmd.Execution.COMPLETE
        and executions[event.execution_id].type != RESOLVER_TYPE
    ]


def read_executions(store: MetadataStore, ids: Collection[int]) -> list[Execution]:
    """Read executions with what they read and made.

    Args:
        store: The open metadata.
        ids: Their ids.

    Returns:
        The executions, sorted by id.
    """
    if not ids:
        return []
    executions = sorted(store.get_executions_by_id(ids), key=lambda one: one.id)
    nodes = node_contexts(store, executions)
    events: dict[int, list[mlmd.Event]] = defaultdict(list)
    for event in store.get_events_by_execution_ids(ids):
        events[event.execution_id].append(event)
    wanted = {event.artifact_id for listed in events.values() for event in listed}
    artifacts = {one.id: one for one in store.get_artifacts_by_id(wanted)}
    return [
        _execution(store, one, nodes[one.id], (events[one.id], artifacts)) for one in executions
    ]


def _execution(
    store: MetadataStore,
    execution: mlmd.Execution,
    node: mlmd.Context,
    known: tuple[list[mlmd.Event], dict[int, mlmd.Artifact]],
) -> Execution:
    pipeline, _, node_id = node.name.partition(".")
    contexts = store.get_contexts_by_execution(execution.id)
    runs = [context.name for context in contexts if context.type == RUN_CONTEXT]
    return Execution(
        id=execution.id,
        node_id=node_id,
        pipeline=pipeline,
        run_id=runs[0] if runs else "",
        started=_time(execution.create_time_since_epoch),
        ended=_time(execution.last_update_time_since_epoch),
        inputs=by_key(*known, INPUT_EVENTS),
        outputs=by_key(*known, OUTPUT_EVENTS),
        parameters=property_values(execution.properties)
        | property_values(execution.custom_properties),
    )


def _key(event: mlmd.Event) -> str:
    return next((step.key for step in event.path.steps if step.HasField("key")), "")


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / _MS_PER_S, timezone.utc)
