"""Five runs in a metadata store: a first one, the same again, a new training, two that stopped."""

import json
from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.config.layout import OutputLayout
from pipeline.metadata.store import connection_config
from tests.pipeline.metadata.test_metrics import write_metrics
from tests.pipeline.recorder import OUTPUT, Artifacts, Recorder

FIRST, SAME, OTHER, FAILED, RUNNING = RUN_IDS = ("first", "same", "other", "failed", "running")
STATE = mlmd.Execution
CONDITIONS = [
    {"name": "threshold", "decides": True, "outcome": "passed", "sentence": "it is enough"},
    {"name": "books", "decides": True, "outcome": "failed", "sentence": "0.4 is below 0.5: failed"},
]


def write_runs(root: Path) -> str:
    """Write the store and what the nodes left; return the output folder."""
    recorder = Recorder(connection_config(None, OutputLayout(str(root))))
    examples: Artifacts = {("examples", OUTPUT): [recorder.artifact("/1", content_fingerprint="d")]}
    trained, judged = (_trained(recorder, root / FIRST), _judged(recorder, root / FIRST, 1))
    pushed = {("pushed_model", OUTPUT): [recorder.artifact("/p", pushed_destination="/served/7")]}
    for run, state in ((FIRST, STATE.COMPLETE), (SAME, STATE.CACHED)):
        recorder.execution("ExampleGen", run, state, examples, _data())
        recorder.execution("Trainer", run, state, trained, _train(1))
        recorder.execution("Resolver", run, STATE.COMPLETE, {})
        recorder.execution("Evaluator", run, state, judged)
        recorder.execution("Pusher", run, state, pushed)
    again, judged_again = (_trained(recorder, root / OTHER), _judged(recorder, root / OTHER, 0))
    found: Artifacts = {("model", mlmd.Event.INTERNAL_OUTPUT): trained["model", OUTPUT]}
    nothing: Artifacts = {("pushed_model", OUTPUT): [recorder.artifact("/q")]}
    recorder.execution("ExampleGen", OTHER, STATE.CACHED, examples, _data())
    recorder.execution("Trainer", OTHER, STATE.COMPLETE, again, _train(3))
    recorder.execution("Resolver", OTHER, STATE.COMPLETE, found)
    recorder.execution("Evaluator", OTHER, STATE.COMPLETE, judged_again)
    recorder.execution("Pusher", OTHER, STATE.COMPLETE, nothing)
    for run, state in ((FAILED, STATE.FAILED), (RUNNING, STATE.RUNNING)):
        recorder.execution("ExampleGen", run, STATE.CACHED, examples, _data())
        recorder.execution("Trainer", run, state, {}, _train(1))
    return str(root)


def _data() -> dict[str, Any]:
    return {"data_params": json.dumps({"path": "/rows.csv", "format": "csv"})}


def _train(epochs: int) -> dict[str, Any]:
    params = {"train": {"epochs": epochs, "seed": 1}, "encoder": {"source": "minilm"}}
    return {"custom_config": json.dumps({"params": json.dumps(params)})}


def _trained(recorder: Recorder, folder: Path) -> Artifacts:
    folder.mkdir()
    epochs = [{"epoch": 1, "val_accuracy": 0.5}, {"epoch": 2, "val_accuracy": 0.7}]
    (folder / "history.json").write_text(json.dumps({"epochs": epochs}))
    return {
        ("model", OUTPUT): [recorder.artifact(f"{folder}/model")],
        ("model_run", OUTPUT): [recorder.artifact(str(folder))],
    }


def _judged(recorder: Recorder, folder: Path, blessed: int) -> Artifacts:
    metrics = write_metrics(folder / "evaluation")
    if not blessed:  # a run of today; earlier releases wrote no conditions
        (metrics / "conditions.json").write_text(json.dumps({"conditions": CONDITIONS}))
    return {
        ("evaluation", OUTPUT): [recorder.artifact(str(metrics))],
        ("blessing", OUTPUT): [recorder.artifact("/b", blessed=blessed)],
    }
