"""What a step of Kubeflow Pipelines hands over; whole runs are in tests/e2e/test_kubeflow.py."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from kfp.dsl.types import artifact_types
from kfp.pipeline_spec import pipeline_spec_pb2

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.compiled import CompiledPipeline
from pipeline.graph.compiling import compile_config
from pipeline.runners.kubeflow.outputs import write_outputs

pytestmark = pytest.mark.slow

RUN_ID = "2ee55e56-0001"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> CompiledPipeline:
    """A pipeline that has not run: its metadata know nothing."""
    content = {
        "output_dir": str(tmp_path_factory.mktemp("output")),
        "data": {"path": "/data/reviews.csv"},
        "encoder": {"source": "https://tfhub.dev/google/small_bert/1"},
    }
    return compile_config(PipelineConfig.model_validate_json(json.dumps(content)))


def executor_input(note: Path, **uris: str) -> str:
    """Spell an `ExecutorInput` as KFP's launcher does."""
    artifacts = {name: {"artifacts": [{"name": name, "uri": uri}]} for name, uri in uris.items()}
    return json.dumps({"outputs": {"artifacts": artifacts, "outputFile": str(note)}})


def read_note(note: Path) -> Any:
    """Read what was noted as strictly as KFP's launcher."""
    message = json_format.Parse(note.read_text(), pipeline_spec_pb2.ExecutorOutput())
    return json_format.MessageToDict(message)


def test_a_step_without_artifacts_notes_nothing(compiled: CompiledPipeline, tmp_path: Path) -> None:
    note = tmp_path / "kfp_outputs" / "output_metadata.json"

    write_outputs(executor_input(note), compiled, RUN_ID, "ExampleGen")

    assert read_note(note) == {}


def test_artifacts_lie_where_kfp_picks_them_up(
    compiled: CompiledPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifact_types, "_GCS_LOCAL_MOUNT_PREFIX", f"{tmp_path}/gcs/")
    note, root = tmp_path / "note.json", "gs://bucket/root"
    given = executor_input(note, model=f"{root}/model", report=f"{root}/report")

    write_outputs(given, compiled, RUN_ID, "Pusher")

    written = tmp_path / "gcs" / "bucket" / "root"
    assert json.loads((written / "model").read_text())["pushed"] is False
    assert RUN_ID in (written / "report").read_text(encoding="utf-8")
    (model,) = read_note(note)["artifacts"]["model"]["artifacts"]
    assert model["uri"] == f"{root}/model"
    assert model["metadata"] == {"pushed": False, "framework": "TensorFlow"}


def test_what_later_backends_add_does_no_harm(compiled: CompiledPipeline, tmp_path: Path) -> None:
    content = json.loads(executor_input(tmp_path / "note.json"))
    content["taskFinalStatus"] = {"state": "SUCCEEDED"}

    write_outputs(json.dumps(content), compiled, RUN_ID, "ExampleGen")

    assert read_note(tmp_path / "note.json") == {}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("{", "is not Kubeflow Pipelines' ExecutorInput"),
        ("{}", "has no outputs.outputFile"),
        (
            executor_input(Path("/n"), scores="/s"),
            "asks ExampleGen for scores, which it does not have",
        ),
        (
            json.dumps({"outputs": {"artifacts": {"model": {}}, "outputFile": "/n"}}),
            "has 0 artifacts for model; it must have one",
        ),
    ],
)
def test_unreadable_input_is_refused(compiled: CompiledPipeline, given: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        write_outputs(given, compiled, RUN_ID, "ExampleGen")


def test_what_cannot_be_written_is_said(compiled: CompiledPipeline, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    given = executor_input(tmp_path / "file" / "note.json")

    with pytest.raises(InvalidInputError, match=r"outputs of ExampleGen .* cannot be written"):
        write_outputs(given, compiled, RUN_ID, "ExampleGen")
