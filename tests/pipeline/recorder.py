"""Fills a metadata store the way TFX does: a context per run and per node."""

from typing import Any

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.metadata.records import RESOLVER_TYPE

Artifacts = dict[tuple[str, Any], list[mlmd.Artifact]]
OUTPUT = mlmd.Event.OUTPUT


class Recorder:
    """Writes executions and artifacts."""

    def __init__(self, connection: mlmd.ConnectionConfig) -> None:
        self.store = MetadataStore(connection)

    def artifact(self, uri: str, kind: str = "Model", **properties: Any) -> mlmd.Artifact:
        artifact_type = mlmd.ArtifactType(name=kind, properties={"version": mlmd.INT})
        made = mlmd.Artifact(type_id=self.store.put_artifact_type(artifact_type), uri=uri)
        made.properties["version"].int_value = 3
        _set(made.custom_properties, properties)
        (made.id,) = self.store.put_artifacts([made])
        return made

    def execution(
        self,
        node: str,
        run: str,
        state: Any,
        artifacts: Artifacts | None = None,
        told: dict[str, Any] | None = None,
    ) -> int:
        type_name = RESOLVER_TYPE if node == "Resolver" else f"component.{node}"
        execution = mlmd.Execution(
            type_id=self.store.put_execution_type(mlmd.ExecutionType(name=type_name)),
            last_known_state=state,
        )
        _set(execution.custom_properties, told or {"epochs": 2})
        events = [
            (artifact, self._event(key, kind, place))
            for (key, kind), listed in (artifacts or {}).items()
            for place, artifact in enumerate(listed)
        ]
        contexts = [self._context("pipeline_run", run), self._context("node", f"reviews.{node}")]
        number, _, _ = self.store.put_execution(
            execution, events, contexts, reuse_context_if_already_exist=True
        )
        return int(number)

    def _context(self, type_name: str, name: str) -> mlmd.Context:
        type_id = self.store.put_context_type(mlmd.ContextType(name=type_name))
        return mlmd.Context(type_id=type_id, name=name)

    def _event(self, key: str, kind: Any, place: int) -> mlmd.Event:
        event = mlmd.Event(type=kind)
        event.path.steps.add(key=key)
        event.path.steps.add(index=place)
        return event


def _set(properties: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        field = "int_value" if isinstance(value, int) else "string_value"
        setattr(properties[name], field, value)
