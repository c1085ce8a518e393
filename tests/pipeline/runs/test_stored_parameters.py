"""What `node_parameters` tells the nodes, read back."""

import json
from pathlib import Path
from typing import Any

import pytest

from models.encoders.resolving import EncoderModule
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.node_parameters import exec_properties
from pipeline.metadata.records import ArtifactRecord, NodeRecord
from pipeline.runs.stored_parameters import stored_fingerprints, stored_parameters

NODES = (
    *(
        "ExampleGen",
        "SchemaGen",
        "ExampleValidator",
        "BiasDetector",
        "Transform",
        "FeatureWriter",
        "Tuner",
        "Trainer",
    ),
    *("Optimizer", "Evaluator", "ModelBiasDetector", "Explainer", "InfraValidator"),
    *("Registrar", "Pusher"),
)
SECTIONS = (
    *("data", "encoder", "validate", "bias", "transform", "features", "train", "tune"),
    *("optimize",),
    *("evaluate", "explain", "infra_validate", "registry", "push"),
)

CONDITION = {"name": "red", "metric": "auc", "slice": "colour=red", "operator": ">", "bound": 0.5}


@pytest.fixture
def config(tmp_path: Path) -> PipelineConfig:
    """No value is the default one where it could hide that it was not read."""
    return PipelineConfig.model_validate_json(
        json.dumps(
            {
                "output_dir": str(tmp_path),
                "data": {"path": "/rows.csv", "splits": {"train": 0.6, "eval": 0.2, "test": 0.2}},
                "encoder": {"source": "/encoder", "trainable": False},
                "validate": {"stop_on": ["ALL"]},
                "bias": {
                    "enabled": True,
                    "facets": ["shop", {"column": "age", "above": 60}],
                    "swaps": [["he", "she"]],
                    "max": {"DPL": 0.2, "RD": 0.1},
                },
                "transform": {"max_seq_length": 33},
                "features": {"enabled": True, "group": "texts", "event_time_column": "day"},
                "train": {"epochs": 7, "learning_rate": 3e-5, "seed": 9},
                "tune": {"enabled": True, "max_trials": 2, "dropout": [0.1, 0.2]},
                "optimize": {"min_agreement": 0.98, "sample_rows": 77},
                "evaluate": {
                    "metric": "macro_f1",
                    "threshold": 0.7,
                    "max_drop": 0.05,
                    "slices": ["colour", "size"],
                    "confidence_intervals": False,
                    "conditions": [CONDITION],
                },
                "explain": {"enabled": True, "rows": 77, "removed_words": [1, 4]},
                "tests": [{"name": "praise", "kind": "right", "rows": [{"text": "a", "label": 1}]}],
                "infra_validate": {"num_requests": 5, "num_tries": 3, "max_loading_time_s": 44},
                "registry": {"enabled": True, "url": "http://mlflow", "four_eyes": True},
                "push": {
                    "directory": "/served",
                    "requires_approval": True,
                    "sign_key": "/keys/key.pem",
                },
            }
        )
    )


@pytest.fixture
def nodes(config: PipelineConfig, tmp_path: Path) -> dict[str, NodeRecord]:
    vocab = tmp_path / "vocab.txt"
    vocab.write_text("[PAD]\n")
    encoder = EncoderModule(tmp_path, "f" * 64, vocab, True, 512, 16)
    told = {name: exec_properties(name, config, encoder) for name in NODES}
    return {name: NodeRecord(name, "executed", parameters=told[name]) for name in NODES}


def test_every_parameter_comes_back(nodes: dict[str, NodeRecord], config: PipelineConfig) -> None:
    sections = config.model_dump(mode="json", by_alias=True)
    expected: dict[str, Any] = {}
    for section in SECTIONS:
        for name, value in sections[section].items():
            if isinstance(value, dict):
                expected |= {f"{section}.{name}.{key}": inner for key, inner in value.items()}
            else:
                expected[f"{section}.{name}"] = value
    # What happens when a model is refused is no parameter of a node.
    for name in ("otherwise", "command", "command_timeout_s"):
        del expected[f"evaluate.{name}"]
    expected["data.unlabelled"] = "bad"  # what "auto" came to: the rows are not prepared
    expected |= {"evaluate.conditions": [CONDITION], "tests.praise": "right"}
    assert stored_parameters(nodes) == expected


def test_fingerprints(nodes: dict[str, NodeRecord]) -> None:
    made = ArtifactRecord(1, "Examples", "/1", {"content_fingerprint": "d" * 64})
    told = nodes["ExampleGen"].parameters
    nodes["ExampleGen"] = NodeRecord(
        "ExampleGen", "cached", outputs={"examples": [made]}, parameters=told
    )
    found = stored_fingerprints(nodes)
    assert found["content of the data"] == "d" * 16
    assert found["content of the encoder"] == "f" * 16
    assert found["code of ExampleGen"] == told["code_fingerprint"]
    assert len({found["code of Transform"], found["code of Trainer"]}) == 2
    assert "content of the teacher" not in found


def test_the_teacher_is_told_apart_by_its_content() -> None:
    custom = json.dumps({"params": json.dumps({"teacher_fingerprint": "e" * 64})})
    trainer = NodeRecord("Trainer", "executed", parameters={"custom_config": custom})
    assert stored_fingerprints({"Trainer": trainer}) == {"content of the teacher": "e" * 16}


def test_nodes_that_were_not_started_are_left_out(nodes: dict[str, NodeRecord]) -> None:
    found = stored_parameters({"Pusher": nodes["Pusher"]})
    assert found == {
        "push.directory": "/served",
        "push.requires_approval": True,
        "push.sign_key": "/keys/key.pem",
    }
    assert stored_fingerprints({}) == {}


@pytest.mark.parametrize("told", ["no JSON", "[]", '{"params": 3}', None])
def test_what_another_version_wrote_is_left_out(told: Any) -> None:
    records = {
        name: NodeRecord(
            name,
            "executed",
            parameters=dict.fromkeys(("custom_config", "eval_config", "stop_on"), told),
        )
        for name in ("ExampleGen", "Transform", "Tuner", "Trainer", "Evaluator")
    }
    assert stored_parameters(records) == {}
    assert stored_fingerprints(records) == {}
