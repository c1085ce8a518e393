"""Collect which data, code, encoder and parameters made the model, and the artifacts."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pipeline.config import PipelineConfig
from pipeline.layout import output_layout
from pipeline.report.data import (
    ChangedParameter,
    LineageArtifact,
    LineageNode,
    LineageSection,
)
from pipeline.run_records import FAILED, ArtifactRecord, NodeRecord

_CODE_DIGITS = 16


def collect_lineage(
    run: Mapping[str, Any], records: Mapping[str, NodeRecord], config: PipelineConfig
) -> LineageSection:
    """Collect the lineage.

    Args:
        run: The content of `run.json`.
        records: Node id to what the metadata know about it.
        config: The configuration of the run.

    Returns:
        The section; facts that the metadata do not hold are left out.
    """
    root = output_layout(config.output_dir).root
    nodes: list[LineageNode] = []
    seen: set[int] = set()
    for record in records.values():
        made = {a.id: a for listed in record.outputs.values() for a in listed if a.id not in seen}
        read = {a.id for listed in record.inputs.values() for a in listed}
        # A resolver hands on what others made: that is reading.
        read |= {a.id for listed in record.outputs.values() for a in listed if a.id in seen}
        seen |= made.keys()
        artifacts = tuple(_artifact(a, root) for _, a in sorted(made.items()))
        nodes.append(LineageNode(record.node_id, record.state, tuple(sorted(read)), artifacts))
    model = _model(records)
    return LineageSection(
        facts=tuple(_facts(run, records, config)),
        parameters=tuple(changed_parameters(config)),
        nodes=tuple(nodes),
        model=_artifact(model, root) if model else None,
    )


def _model(records: Mapping[str, NodeRecord]) -> ArtifactRecord | None:
    """Return the model that was evaluated."""
    for node_id in ("Optimizer", "Trainer"):
        record = records.get(node_id)
        if record and record.state != FAILED and (model := record.output("model")):
            return model
    return None


def changed_parameters(params: BaseModel, prefix: str = "") -> Iterator[ChangedParameter]:
    """Compare parameters with the defaults of their classes.

    Args:
        params: Nested parameter classes.
        prefix: Put before the names.

    Yields:
        Every value that differs from its default, by its dotted name in the configuration file.
    """
    for name, field in type(params).model_fields.items():
        value = getattr(params, name)
        dotted = f"{prefix}{field.alias or name}"
        if isinstance(value, BaseModel):
            yield from changed_parameters(value, f"{dotted}.")
        elif field.default is PydanticUndefined:
            yield ChangedParameter(dotted, value, None, required=True)
        elif value != field.default:
            yield ChangedParameter(dotted, _without_password(value), field.default)


def _facts(
    run: Mapping[str, Any], records: Mapping[str, NodeRecord], config: PipelineConfig
) -> Iterator[tuple[str, str]]:
    yield "Run", str(run["run_id"])
    yield "Data", config.data.path
    data = _parameters(records, "ExampleGen")
    examples = records["ExampleGen"].output("examples") if "ExampleGen" in records else None
    content = data.get("content_fingerprint") or (
        examples.properties.get("content_fingerprint") if examples else None
    )
    if content:
        yield "Content of the data", str(content)
    yield "Encoder", config.encoder.source
    preprocessing, training = _fingerprint(records, "Transform"), _fingerprint(records, "Trainer")
    encoder = (training or preprocessing)[_CODE_DIGITS + 1 :]
    if encoder:
        yield "Content of the encoder", encoder
    codes = {
        "Code of ExampleGen": str(data.get("code_fingerprint") or ""),
        "Code of Transform": preprocessing[:_CODE_DIGITS],
        "Code of Trainer": training[:_CODE_DIGITS],
        "Code of Tuner": _fingerprint(records, "Tuner")[:_CODE_DIGITS],
        "Code of Optimizer": str(_parameters(records, "Optimizer").get("code_fingerprint") or ""),
    }
    yield from ((name, value) for name, value in codes.items() if value)
    if run.get("pushed_model"):
        yield "Pushed model", str(run["pushed_model"])


def _parameters(records: Mapping[str, NodeRecord], node_id: str) -> Mapping[str, Any]:
    return records[node_id].parameters if node_id in records else {}


def _fingerprint(records: Mapping[str, NodeRecord], node_id: str) -> str:
    """Return `<code>-<encoder>` of a node that runs user code; empty if it is not known."""
    try:
        custom = json.loads(_parameters(records, node_id).get("custom_config") or "{}") or {}
        found = custom.get("fingerprint") or json.loads(custom.get("params", "{}"))["fingerprint"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return str(found)


def _artifact(record: ArtifactRecord, root: str) -> LineageArtifact:
    return LineageArtifact(record.id, record.type, record.uri.removeprefix(f"{root}/"))


def _without_password(value: Any) -> Any:
    """Hide the password of a URL such as `metadata.url`."""
    if not isinstance(value, str) or "://" not in value:
        return value
    parts = urlsplit(value)
    if parts.password is None:
        return value
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))
