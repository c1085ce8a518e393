"""Compiled pipelines as Airflow sees them, written by hand: no compiler, no TFX."""

import json
from pathlib import Path
from typing import Any

from pipeline.config.airflow_params import AirflowParams
from pipeline.graph.shape.topology import RunParameter, Topology, TopologyNode, to_json

ENCODER = "/models/{{ encoder }}"  # braces of a user's path are no template
TOPOLOGY = Topology(
    name="toy",
    nodes=(
        TopologyNode("ExampleGen", (), {}, {"examples": "Examples"}),
        TopologyNode(
            "Trainer", ("ExampleGen",), {"examples": "Examples"}, {"model": "Model"}, trains=True
        ),
        TopologyNode("Resolver", (), {}, {"model": "Model"}),
        TopologyNode("Evaluator", ("Resolver", "Trainer"), {}, {"blessing": "ModelBlessing"}),
        TopologyNode("Pusher", ("Evaluator", "Trainer"), {}, {"pushed_model": "PushedModel"}),
    ),
    parameters=(
        RunParameter(
            "epochs",
            "train.epochs",
            {"type": "integer", "minimum": 1, "maximum": 9, "title": "Epochs", "default": 2},
        ),
        RunParameter("encoder", "encoder.source", {"type": "string", "default": ENCODER}),
        RunParameter("output_dir", "output_dir", {"type": "string", "default": "/data/out"}),
    ),
)


def write_toy(
    folder: Path, name: str = "toy", *, has_command: bool = False, **options: Any
) -> Path:
    """Write a pipeline into a folder of pipelines and return the pipeline's folder."""
    made = folder / name
    made.mkdir(parents=True)
    section = AirflowParams(program="/env/bin/bert-aas", **options).model_dump(mode="json")
    content = {
        "topology": {**to_json(TOPOLOGY), "name": name},
        "options": section,
        "data_asset": "file:///data/reviews.csv",
        "model_asset": "file:///data/out/serving_model",
        "parallel_tasks": 1,
        "irs": {},
        **({"has_command": True} if has_command else {}),
    }
    (made / "topology.json").write_text(json.dumps(content), encoding="utf-8")
    return made
