"""Which files become the evidence of a version."""

import json
from pathlib import Path
from typing import Any

import pytest
from tfx.types import artifact_utils, standard_artifacts
from tfx.types.experimental import simple_artifacts

from components.registrar.gathering import Gathered, gather
from components.registrar.params import RegistrarParams
from components.tfrecords import write_tfrecord_file

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

PARAMS = RegistrarParams(
    url="sqlite:///x",
    model="toy",
    status="Approved",
    four_eyes=False,
    tracking=False,
    rejected=True,
    serving_directory="/served",
    encoder="",
    texts=("text",),
)


def artifact(made: Any, folder: Path, **files: Any) -> Any:
    folder.mkdir()
    made.uri = str(folder)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return made


def conditions(outcome: str) -> dict[str, Any]:
    return {"conditions": [{"name": "fair", "outcome": outcome, "decides": True}]}


def gathered(folder: Path, history: Any = None, **of_bias: Any) -> Gathered:
    examples = standard_artifacts.Examples()
    examples.uri = str(folder / "examples")
    examples.split_names = artifact_utils.encode_split_names(["test"])
    (folder / "examples" / "Split-test").mkdir(parents=True)
    write_tfrecord_file(str(folder / "examples" / "Split-test" / "rows.gz"), [])
    evaluation = artifact(
        standard_artifacts.ModelEvaluation(), folder / "evaluation",
        conditions=conditions("deferred"), evaluation={"metrics": {"accuracy": {"value": 0.5}}},
    )  # fmt: skip
    bias = artifact(simple_artifacts.Metrics(), folder / "bias", analysis={}, **of_bias)
    inputs = {"examples": [examples], "evaluation": [evaluation], "model_bias_analysis": [bias]}
    if history:
        inputs["model_run"] = [
            artifact(standard_artifacts.ModelRun(), folder / "run", history=history)
        ]
    (folder / "local").mkdir()
    return gather(inputs, PARAMS, folder / "local")


def test_conditions_that_the_evaluator_decided(tmp_path: Path) -> None:
    found = gathered(tmp_path)
    assert [one["outcome"] for one in found.conditions] == ["deferred"]
    assert found.metrics == {"accuracy": 0.5}
    assert {"evaluation/conditions.json", "model_bias_analysis/analysis.json"} <= set(found.files)


def test_conditions_that_a_later_node_decided(tmp_path: Path) -> None:
    evaluation = {"metrics": {"accuracy": {"value": 0.5}}, "bias": {"after": {}}}
    found = gathered(tmp_path, conditions=conditions("failed"), evaluation=evaluation)
    assert [one["outcome"] for one in found.conditions] == ["failed"]
    assert found.metrics == {"accuracy": 0.5}
    names = ("conditions", "evaluation")
    kept = [json.loads(found.files[f"evaluation/{name}.json"].read_text()) for name in names]
    assert kept == [conditions("failed"), evaluation]


def test_what_the_trainer_says_of_the_training(tmp_path: Path) -> None:
    said = {"trained_at": "2026-01-31T12:00:00+00:00", "training_seconds": 7.5, "machine": "a, b"}
    history = {"epochs": [{"epoch": 1, "val_accuracy": 0.5}], "training": said}
    assert gathered(tmp_path, history=history).trained == {**said, "training_seconds": "7.5"}


def test_an_earlier_release_of_the_trainer_says_nothing_of_it(tmp_path: Path) -> None:
    found = gathered(tmp_path, history={"epochs": [{"epoch": 1, "val_accuracy": 0.5}]})
    assert found.trained == {}
    assert found.training.curves == {"epoch/val_accuracy": [0.5]}
