"""What one run did, read from a metadata store that the test fills itself."""

from pathlib import Path
from typing import Any

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.config.layout import OutputLayout
from pipeline.metadata.records import (
    ArtifactRecord,
    execution_state,
    list_run_ids,
    read_run,
    read_runs,
)
from pipeline.metadata.store import connection_config
from tests.pipeline.recorder import Recorder

STATE = mlmd.Execution


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


def test_runs_are_listed_newest_first(
    connection: mlmd.ConnectionConfig, recorder: Recorder
) -> None:
    assert list_run_ids(connection) == []
    for run in ("r1", "zz", "r2"):
        recorder.execution("Trainer", run, STATE.COMPLETE)
    assert list_run_ids(connection) == ["r2", "zz", "r1"]


def test_several_runs_are_read_at_once(
    connection: mlmd.ConnectionConfig, recorder: Recorder
) -> None:
    recorder.execution("ExampleGen", "r1", STATE.COMPLETE)
    recorder.execution("Trainer", "r1", STATE.RUNNING)
    recorder.execution("ExampleGen", "r2", STATE.CACHED)
    newer, older = read_runs(connection, ["r1", "r2", "nobody's", "r1"])
    assert (newer.run_id, older.run_id) == ("r2", "r1")
    assert older.pipeline == "reviews"
    assert older.started <= newer.started
    assert list(older.nodes) == ["ExampleGen", "Trainer"]
    assert [node.ended for node in older.nodes.values()] == [True, False]
    assert older.nodes["Trainer"].type == "component.Trainer"


def test_many_runs_take_few_queries(
    connection: mlmd.ConnectionConfig, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read together is what is read one by one."""
    found = recorder.artifact("/found")
    names = [f"r{number}" for number in range(30)]
    for name in names:
        made = recorder.artifact(f"/{name}")
        recorder.execution("Trainer", name, STATE.COMPLETE, {("model", mlmd.Event.OUTPUT): [made]})
        key = ("model", mlmd.Event.INTERNAL_OUTPUT)
        recorder.execution("Resolver", name, STATE.COMPLETE, {key: [found]})
    calls: list[str] = []
    call = MetadataStore._call

    def counted(store: Any, method: str, *arguments: Any) -> Any:
        calls.append(method)
        return call(store, method, *arguments)

    monkeypatch.setattr(MetadataStore, "_call", counted)
    together = {run.run_id: run.nodes for run in read_runs(connection, names)}
    # Per run its context and its executions.
    assert len(calls) < 2 * len(names) + 10
    assert together == {name: read_run(connection, name) for name in names}
    assert [run["Resolver"].state for run in map(together.__getitem__, names[:3])] == [
        "executed",
        "cached",
        "cached",
    ]
