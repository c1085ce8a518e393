"""A pushed model in a metadata store: made, taken from the cache, later a baseline."""

import json
from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as mlmd

from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry
from bert_aas.registry.versions import Candidate
from components.example_gen.fingerprint import content_fingerprint
from components.example_gen.params import DataParams
from components.example_gen.reading.sources import find_files
from pipeline.config.layout import OutputLayout
from pipeline.metadata.store import connection_config
from tests.pipeline.recorder import OUTPUT, Artifacts, Recorder

MADE, AGAIN, LATER = "made", "again", "later"
INPUT = mlmd.Event.INPUT
STATE = mlmd.Execution
ENCODER = "e" * 64


def write_model(root: Path) -> Path:
    """Write the store, the data and the pushed version; return the version's folder."""
    data = root / "rows.csv"
    data.write_text("text,label\ngood,yes\nbad,no\n")
    version = root / "output" / "serving_model" / "7"
    version.mkdir(parents=True)
    (version / "saved_model.pb").write_bytes(b"graph")
    recorder = Recorder(connection_config(None, OutputLayout(str(root / "output"))))
    made = _Made(recorder, root, version)
    for run, state in ((MADE, STATE.COMPLETE), (AGAIN, STATE.CACHED)):
        made.record(run, state)
    made.record_later()
    return version


class _Made:
    def __init__(self, recorder: Recorder, root: Path, version: Path) -> None:
        self.recorder = recorder
        artifact = recorder.artifact
        self.data = {"path": str(root / "rows.csv"), "format": "csv"}
        files = find_files(DataParams.model_validate(self.data))
        content = content_fingerprint(files)
        self.examples = artifact("/a/examples", "Examples", content_fingerprint=content)
        self.trained = artifact("/a/trained")
        self.model = artifact("/a/optimized")
        self.evaluation = artifact("/a/evaluation", "ModelEvaluation")
        self.blessing = artifact("/a/blessing", "ModelBlessing", blessed=1)
        pushed = {"pushed": 1, "pushed_destination": str(version), "pushed_version": version.name}
        self.pushed = artifact("/a/pushed", "PushedModel", **pushed)

    def record(self, run: str, state: Any) -> None:
        execution = self.recorder.execution
        examples: Artifacts = {("examples", INPUT): [self.examples]}
        judged: Artifacts = {
            **examples,
            ("model", INPUT): [self.model],
            ("evaluation", OUTPUT): [self.evaluation],
            ("blessing", OUTPUT): [self.blessing],
        }
        pushed: Artifacts = {
            ("model", INPUT): [self.model],
            ("model_blessing", INPUT): [self.blessing],
            ("pushed_model", OUTPUT): [self.pushed],
        }
        execution("ExampleGen", run, state, {("examples", OUTPUT): [self.examples]}, self._told())
        execution(
            "Trainer", run, state, {**examples, ("model", OUTPUT): [self.trained]}, _trainer()
        )
        execution(
            "Optimizer",
            run,
            state,
            {("trained_model", INPUT): [self.trained], ("model", OUTPUT): [self.model]},
        )
        found: Artifacts = {("candidate", mlmd.Event.INTERNAL_OUTPUT): [self.model]}
        execution("Resolver", run, STATE.COMPLETE, found)
        execution("Evaluator", run, state, judged)
        execution("Pusher", run, state, pushed)

    def record_later(self) -> None:
        """Record a run that judges another model, and this one as its baseline."""
        other = self.recorder.artifact("/a/other")
        verdict = self.recorder.artifact("/a/other_blessing", "ModelBlessing")
        judged: Artifacts = {
            ("model", INPUT): [other],
            ("baseline_model", INPUT): [self.model],
            ("blessing", OUTPUT): [verdict],
        }
        self.recorder.execution("Evaluator", LATER, STATE.COMPLETE, judged)
        nothing = self.recorder.artifact("/a/nothing", "PushedModel", pushed=0)
        self.recorder.execution(
            "Pusher",
            LATER,
            STATE.COMPLETE,
            {("model", INPUT): [other], ("pushed_model", OUTPUT): [nothing]},
        )

    def _told(self) -> dict[str, Any]:
        return {"data_params": json.dumps(self.data), "code_fingerprint": "c0de"}


def _trainer() -> dict[str, Any]:
    params = {
        "train": {"epochs": 2, "teacher": "/models/teacher"},
        "encoder": {"source": "minilm", "trainable": True},
        "encoder_fingerprint": ENCODER,
        "teacher_fingerprint": "f" * 64,
    }
    return {"custom_config": json.dumps({"params": json.dumps(params)})}


def register_model(root: Path) -> Registry:
    """Register the model of the store in the output folder, the way its run would have done."""
    recorder = Recorder(connection_config(None, OutputLayout(str(root / "output"))))
    (model,) = (
        one for one in recorder.store.get_artifacts_by_type("Model") if one.uri == "/a/optimized"
    )
    folder = root / "optimized" / "Format-Serving"
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    facts = {"serving_directory": str(root / "output" / "serving_model")}
    registry = Registry(registry_place(str(root / "output")))
    found = registry.register(
        Candidate("reviews", folder, str(folder), run=MADE, by="ann", reason="passed", facts=facts)
    )
    noted = recorder.artifact(
        "/a/registration",
        "Metrics",
        registered_model="reviews",
        registered_version=found.number,
        registry_url=registry.place.url,
        model_uri=str(folder.parent),
    )
    told: Artifacts = {("model", INPUT): [model], ("registration", OUTPUT): [noted]}
    recorder.execution("Registrar", MADE, STATE.COMPLETE, told)
    return registry
