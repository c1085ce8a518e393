"""What one run did, read from a metadata store that the test fills itself."""

from pathlib import Path
from typing import Any

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.layout import OutputLayout
from pipeline.metadata_store import connection_config
from pipeline.run_records import RESOLVER_TYPE, ArtifactRecord, execution_state, read_run

STATE = mlmd.Execution


class Recorder:
    """Writes executions the way TFX does: a context per run and per node."""

    def __init__(self, connection: mlmd.ConnectionConfig) -> None:
        self.store = MetadataStore(connection)
        self._artifact_type = mlmd.ArtifactType(name="Model", properties={"version": mlmd.INT})
        self._artifact_type.id = self.store.put_artifact_type(self._artifact_type)

    def artifact(self, uri: str, **properties: str) -> mlmd.Artifact:
        made = mlmd.Artifact(type_id=self._artifact_type.id, uri=uri)
        made.properties["version"].int_value = 3
        for name, value in properties.items():
            made.custom_properties[name].string_value = value
        (made.id,) = self.store.put_artifacts([made])
        return made

    def execution(
        self,
        node: str,
        run: str,
        state: Any,
        artifacts: dict[tuple[str, Any], list[mlmd.Artifact]] | None = None,
    ) -> int:
        type_name = RESOLVER_TYPE if node == "Resolver" else f"component.{node}"
        execution = mlmd.Execution(
            type_id=self.store.put_execution_type(mlmd.ExecutionType(name=type_name)),
            last_known_state=state,
        )
        execution.custom_properties["epochs"].int_value = 2
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


@pytest.fixture
def connection(tmp_path: Path) -> mlmd.ConnectionConfig:
    return connection_config(None, OutputLayout(str(tmp_path)))


@pytest.fixture
def recorder(connection: mlmd.ConnectionConfig) -> Recorder:
    return Recorder(connection)


def test_an_empty_store_has_no_run(connection: mlmd.ConnectionConfig) -> None:
    assert read_run(connection, "r1") == {}


def test_only_the_wanted_run_is_read(connection: mlmd.ConnectionConfig, recorder: Recorder) -> None:
    recorder.execution("Trainer", "r1", STATE.COMPLETE)
    recorder.execution("Pusher", "r2", STATE.COMPLETE)
    assert set(read_run(connection, "r1")) == {"Trainer"}
    assert read_run(connection, "r3") == {}


def test_inputs_outputs_and_parameters(
    connection: mlmd.ConnectionConfig, recorder: Recorder
) -> None:
    old, new = recorder.artifact("/old"), recorder.artifact("/new", reason="better")
    recorder.execution(
        "Trainer",
        "r1",
        STATE.COMPLETE,
        {("base", mlmd.Event.INPUT): [old], ("model", mlmd.Event.OUTPUT): [new, old]},
    )
    record = read_run(connection, "r1")["Trainer"]
    model = ArtifactRecord(new.id, "Model", "/new", {"version": 3, "reason": "better"})
    base = ArtifactRecord(old.id, "Model", "/old", {"version": 3})
    assert record.inputs == {"base": [base]}
    assert record.outputs == {"model": [model, base]}
    assert record.output("model") == model
    assert record.output("nothing") is None
    assert record.parameters == {"epochs": 2}


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (STATE.COMPLETE, "executed"),
        (STATE.CACHED, "cached"),
        (STATE.FAILED, "failed"),
        (STATE.RUNNING, "failed"),
        (STATE.CANCELED, "failed"),
    ],
)
def test_states(
    connection: mlmd.ConnectionConfig, recorder: Recorder, known: Any, told: str
) -> None:
    number = recorder.execution("Trainer", "r1", known)
    assert execution_state(connection, number) == told
    assert read_run(connection, "r1")["Trainer"].state == told


def test_the_last_execution_of_a_node_counts(
    connection: mlmd.ConnectionConfig, recorder: Recorder
) -> None:
    """An orchestrator may have tried the node twice."""
    recorder.execution("Trainer", "r1", STATE.FAILED)
    recorder.execution("Trainer", "r1", STATE.COMPLETE)
    assert read_run(connection, "r1")["Trainer"].state == "executed"


def test_a_resolver_that_finds_the_same_again_counts_as_cached(
    connection: mlmd.ConnectionConfig, recorder: Recorder
) -> None:
    first, second = recorder.artifact("/1"), recorder.artifact("/2")
    key = ("model", mlmd.Event.INTERNAL_OUTPUT)
    for run, found in (("r1", [first]), ("r2", [first]), ("r3", [second]), ("r4", [])):
        recorder.execution("Resolver", run, STATE.COMPLETE, {key: found})
    states = [read_run(connection, run)["Resolver"].state for run in ("r1", "r2", "r3", "r4")]
    assert states == ["executed", "cached", "executed", "executed"]
    assert read_run(connection, "r3")["Resolver"].outputs["model"][0].uri == "/2"
