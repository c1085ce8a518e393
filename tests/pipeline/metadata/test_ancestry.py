"""From artifact to artifact, in a metadata store that the test fills itself."""

from pathlib import Path

from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.config.layout import OutputLayout
from pipeline.metadata.ancestry import ancestors, descendants
from pipeline.metadata.store import connection_config
from tests.pipeline.recorder import OUTPUT, Recorder

INPUT, COMPLETE = mlmd.Event.INPUT, mlmd.Execution.COMPLETE


def test_a_failed_execution_made_nothing(tmp_path: Path) -> None:
    recorder = Recorder(connection_config(None, OutputLayout(str(tmp_path))))
    rows, model, report = (recorder.artifact(f"/{name}") for name in "abc")
    recorder.execution("ExampleGen", "r1", COMPLETE, {("examples", OUTPUT): [rows]})
    recorder.execution("Trainer", "r1", mlmd.Execution.FAILED, {("model", OUTPUT): [model]})
    made = {("examples", INPUT): [rows], ("model", OUTPUT): [model]}
    recorder.execution("Trainer", "r2", COMPLETE, made)
    read = {("model", INPUT): [model], ("analysis", OUTPUT): [report]}
    recorder.execution("Explainer", "r2", COMPLETE, read)
    above = ancestors(recorder.store, [model.id])
    assert [(one.node_id, one.pipeline, one.run_id) for one in above] == [
        ("ExampleGen", "reviews", "r1"),
        ("Trainer", "reviews", "r2"),
    ]
    assert [one.uri for one in above[1].read()] == ["/a"]
    assert [one.node_id for one in descendants(recorder.store, [model.id])] == ["Explainer"]
    assert descendants(recorder.store, [report.id]) == []
