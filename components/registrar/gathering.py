"""Gather the figures and the files of a candidate from the artifacts of its run."""

import hashlib
import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfx import types
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from bert_aas.contracts.names import TEST_SPLIT
from bert_aas.registry.versions import Training
from components.example_features import read_values
from components.registrar.facts import packages
from components.registrar.params import RegistrarParams
from components.tfrecords import read_file, read_tfrecords

EVALUATION_FILE = "evaluation.json"
CONDITIONS_FILE = "conditions.json"
PAYLOAD_FILE = "sample_payload.json"
PACKAGES_FILE = "packages.json"
HISTORY_FILE = "history.json"
_REPORTS = {
    "evaluation": ("evaluation.json", "conditions.json", "behaviour.json"),
    "schema": ("schema.pbtxt",),
    "bias_analysis": ("analysis.json",),
    "model_bias_analysis": ("analysis.json",),
    "explanations": ("analysis.json",),
    "model_run": (HISTORY_FILE,),
}
_DECIDED_LATER = "model_bias_analysis"
"""Where the conditions stand if they are about what is measured after the Evaluator."""

_CONTENT = "content_fingerprint"
_SAMPLE_ROWS = 2

Artifacts = dict[str, list[types.Artifact]]


@dataclass(frozen=True)
class Gathered:
    """What the artifacts of a run say of a candidate.

    Attributes:
        metrics: Name to value, on the whole test split.
        conditions: What was asked, measured and decided.
        fingerprints: Of data and schema.
        files: Path within the evidence to a file on this machine.
        training: The curves.
        trained: When, how long and where it was trained; empty if the Trainer did not say.
    """

    metrics: Mapping[str, float]
    conditions: list[dict[str, Any]]
    fingerprints: dict[str, str]
    files: dict[str, Path] = field(default_factory=dict)
    training: Training = field(default_factory=Training)
    trained: Mapping[str, str] = field(default_factory=dict)


def gather(inputs: Artifacts, params: RegistrarParams, folder: Path) -> Gathered:
    """Gather the figures and the files.

    Args:
        inputs: The artifacts of the node.
        params: What the node is told.
        folder: Where to put files on this machine.

    Returns:
        What was found; a report that a run does not have is missing.
    """
    files = dict(_copied(inputs, folder / "evidence"))
    for name, text in (
        (PACKAGES_FILE, packages()),
        (PAYLOAD_FILE, sample_payload(inputs, params)),
    ):
        (folder / name).write_text(text + "\n", encoding="utf-8")
        files[name] = folder / name
    evaluation = _json(files.get(f"evaluation/{EVALUATION_FILE}"))
    conditions = _json(files.get(f"evaluation/{CONDITIONS_FILE}"))
    schema = files.get("schema/schema.pbtxt")
    examples = artifact_utils.get_single_instance(inputs["examples"])
    fingerprints = {"data_fingerprint": examples.get_string_custom_property(_CONTENT)}
    if schema is not None:
        fingerprints["schema_sha256"] = hashlib.sha256(schema.read_bytes()).hexdigest()
    history = _json(files.get(f"model_run/{HISTORY_FILE}"))
    return Gathered(
        metrics=dict(_metrics(evaluation)),
        conditions=[_short(one) for one in conditions.get("conditions", [])],
        fingerprints=fingerprints,
        files=files,
        training=Training(_curves(history)),
        trained={name: str(value) for name, value in history.get("training", {}).items()},
    )


def sample_payload(inputs: Artifacts, params: RegistrarParams) -> str:
    """Write a request for a server with the first rows of the test split.

    Args:
        inputs: `examples`.
        params: `texts`: the columns of the texts.

    Returns:
        JSON for `/v1/models/NAME:predict`.
    """
    names = {column.encode(): place for place, column in enumerate(params.texts)}
    split = artifact_utils.get_split_uri(inputs["examples"], TEST_SPLIT)
    rows = itertools.islice(read_tfrecords(split, "*.gz"), _SAMPLE_ROWS)
    instances = []
    for row in rows:
        texts = [(value or b"").decode("utf-8", "replace") for value in read_values(row, names)]
        instances.append(dict(zip(("text", "text_pair"), texts, strict=False)))
    return json.dumps({"instances": instances}, ensure_ascii=False, indent=1)


def _copied(inputs: Artifacts, folder: Path) -> Iterator[tuple[str, Path]]:
    for key, names in _REPORTS.items():
        for artifact in inputs.get(key) or ():
            for name in names:
                source = f"{artifact.uri}/{name}"
                if not fileio.exists(source):
                    continue
                yield f"{key}/{name}", _copy(source, folder / key / name)
    for artifact in inputs.get(_DECIDED_LATER) or ():
        for name in (EVALUATION_FILE, CONDITIONS_FILE):
            if fileio.exists(f"{artifact.uri}/{name}"):
                place = f"evaluation/{name}"
                yield place, _copy(f"{artifact.uri}/{name}", folder / place)


def _copy(source: str, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(read_file(source))
    return target


def _json(file: Path | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file else {}
    return found


def _metrics(evaluation: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for part in ("metrics", "model"):
        for name, entry in evaluation.get(part, {}).items():
            value = entry.get("value") if isinstance(entry, Mapping) else None
            if isinstance(value, (int, float)) and math.isfinite(value):
                yield name, float(value)


def _short(condition: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("name", "what", "metric", "operator", "bound", "measured", "outcome", "sentence")
    return {key: condition[key] for key in kept if key in condition}


def _curves(history: Mapping[str, Any]) -> dict[str, list[float]]:
    epochs = history.get("epochs", [])
    names = dict.fromkeys(name for epoch in epochs for name in epoch if name != "epoch")
    return {
        f"epoch/{name}": [float(epoch[name]) for epoch in epochs if name in epoch] for name in names
    }
