"""Makes the artifacts of a small run that stopped, without running TFX."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from components.example_gen.params import DataParams
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.metadata.records import ArtifactRecord, NodeRecord

REVIEW_TEXT = "the straps of this one broke on day two"
UPSTREAM = {
    "ExampleGen": [],
    "StatisticsGen": ["ExampleGen"],
    "SchemaGen": ["StatisticsGen"],
    "ExampleValidator": ["StatisticsGen", "SchemaGen"],
    "Transform": ["ExampleGen", "SchemaGen", "ExampleValidator"],
    "Trainer": ["Transform"],
    "Evaluator": ["Trainer", "ExampleGen"],
    "Pusher": ["Evaluator", "Trainer"],
}
ROWS = {"train": 8, "eval": 2, "test": 2}


def compiled_graph() -> Any:
    """What the report reads of TFX's compiled graph."""
    nodes = [
        SimpleNamespace(
            pipeline_node=SimpleNamespace(node_info=SimpleNamespace(id=name), upstream_nodes=before)
        )
        for name, before in UPSTREAM.items()
    ]
    return SimpleNamespace(nodes=nodes)


def run_summary(failed: str) -> dict[str, Any]:
    """The content of run.json of a run that stopped at a node."""
    names = list(UPSTREAM)
    states = ["executed"] * names.index(failed) + ["failed"]
    nodes = [
        {"id": name, "state": state, "seconds": 1.5}
        for name, state in zip(names, states, strict=False)
    ]
    return {
        "run_id": "20260131-120000-3fa9",
        "status": "failed",
        "error": "InvalidInputError: the train split has no rows",
        "nodes": nodes,
        "pushed_model": None,
    }


def config(root: Path) -> PipelineConfig:
    data = DataParams(path="reviews.csv", text_column="body", label_column="stars", key_column="id")
    return PipelineConfig(output_dir=str(root), data=data)


def records(root: Path) -> dict[str, NodeRecord]:
    """Nodes up to ExampleValidator, their artifacts written to a folder."""
    _write_statistics(root / "artifacts/StatisticsGen/statistics/2")
    _write_anomalies(root / "artifacts/ExampleValidator/anomalies/4")
    (root / "artifacts/ExampleGen/examples/1").mkdir(parents=True)
    counts = {f"rows_{split}": rows for split, rows in ROWS.items()} | {"rows_rejected": 3}
    made = {
        "ExampleGen": ("examples", "Examples", 1, counts),
        "StatisticsGen": ("statistics", "ExampleStatistics", 2, {}),
        "ExampleValidator": ("anomalies", "ExampleAnomalies", 4, {}),
    }
    found = {}
    for name, (key, kind, number, properties) in made.items():
        uri = str(root / f"artifacts/{name}/{key}/{number}")
        artifact = ArtifactRecord(number, kind, uri, properties)
        found[name] = NodeRecord(name, "executed", {}, {key: [artifact]})
    return found


def trainer_record(root: Path, history: dict[str, Any] | str) -> NodeRecord:
    """A Trainer with a history file and fingerprints."""
    folder = root / "artifacts/Trainer/model_run/6"
    folder.mkdir(parents=True)
    content = history if isinstance(history, str) else json.dumps(history)
    (folder / "history.json").write_text(content, encoding="utf-8")
    model = ArtifactRecord(13, "Model", str(root / "artifacts/Trainer/model/6"), {})
    params = {"code_fingerprint": "0123456789abcdef", "encoder_fingerprint": "feed"}
    custom = {"params": json.dumps(params)}
    return NodeRecord(
        "Trainer",
        "executed",
        {"examples": [ArtifactRecord(1, "Examples", "elsewhere", {})]},
        {"model": [model], "model_run": [ArtifactRecord(14, "ModelRun", str(folder), {})]},
        {"custom_config": json.dumps(custom)},
    )


def _write_statistics(folder: Path) -> None:
    for split, rows in ROWS.items():
        dataset = statistics_pb2.DatasetFeatureStatistics(name=split, num_examples=rows)
        _strings(dataset, "body", {REVIEW_TEXT: rows}, rows)
        _strings(dataset, "title", {f"{REVIEW_TEXT} {i}": 1 for i in range(rows)}, rows)
        _strings(dataset, "note", {REVIEW_TEXT: rows // 2, REVIEW_TEXT + "!": rows // 2}, rows)
        _strings(dataset, "remark", {"fine": rows - 1, REVIEW_TEXT: 1}, rows, mean=8.0)
        _strings(dataset, "essay", {"__LARGE_BYTES__": rows}, rows, mean=2000.0)
        _strings(dataset, "stars", {"10": rows // 2, "9": rows // 2}, rows, mean=1.5)
        _strings(dataset, "colour", {"red": rows // 2}, rows // 2, mean=3.0)
        price = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.FLOAT)
        price.path.step.append("price")
        price.num_stats.common_stats.num_non_missing = rows
        price.num_stats.min, price.num_stats.max, price.num_stats.mean = 1.0, 20.0, 7.25
        path = folder / f"Split-{split}" / "FeatureStats.pb"
        path.parent.mkdir(parents=True)
        listed = statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset])
        path.write_bytes(listed.SerializeToString())


def _strings(
    dataset: Any, name: str, values: dict[str, int], present: int, *, mean: float = 39.0
) -> None:
    feature = dataset.features.add(type=statistics_pb2.FeatureNameStatistics.STRING)
    feature.path.step.append(name)
    stats = feature.string_stats
    stats.common_stats.num_non_missing = present
    stats.unique = len(values)
    stats.avg_length = mean
    for value, count in values.items():
        stats.rank_histogram.buckets.add(label=value, sample_count=count)
        stats.top_values.add(value=value, frequency=count)


def _write_anomalies(folder: Path) -> None:
    kinds = anomalies_pb2.AnomalyInfo
    for split in ROWS:
        anomalies = anomalies_pb2.Anomalies()
        if split == "eval":
            anomalies.anomaly_info["body"].reason.add(
                type=kinds.ENUM_TYPE_UNEXPECTED_STRING_VALUES, description=f"new: {REVIEW_TEXT}"
            )
            anomalies.anomaly_info["price"].reason.add(
                type=kinds.UNEXPECTED_DATA_TYPE, description="Expected INT, got FLOAT"
            )
        path = folder / f"Split-{split}" / "SchemaDiff.pb"
        path.parent.mkdir(parents=True)
        path.write_bytes(anomalies.SerializeToString())
