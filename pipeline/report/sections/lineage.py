"""Collect which data, code, encoder and parameters made the model, and the artifacts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from pipeline.config.layout import output_layout
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.metadata.records import FAILED, ArtifactRecord, NodeRecord
from pipeline.report.section import RunSection
from pipeline.runs.stored_parameters import stored_fingerprints


@dataclass(frozen=True)
class LineageArtifact:
    """One artifact: id in the metadata, type, folder below the artifacts' root."""

    id: int
    type: str
    uri: str


@dataclass(frozen=True)
class LineageNode:
    """What a node read (ids of artifacts) and made."""

    id: str
    state: str
    reads: tuple[int, ...]
    makes: tuple[LineageArtifact, ...]


@dataclass(frozen=True)
class ChangedParameter:
    """A configured value that is not the default; required ones have no default."""

    name: str
    value: Any
    default: Any
    required: bool = False


@dataclass(frozen=True)
class Lineage:
    """Which data, code, encoder and parameters made the model.

    Attributes:
        facts: Name and value, e.g. the data's fingerprint.
        parameters: Configured values that differ from the defaults.
        nodes: The nodes that ran, with their artifacts.
        model: The model that was evaluated, if there is one.
    """

    facts: tuple[tuple[str, str], ...]
    parameters: tuple[ChangedParameter, ...]
    nodes: tuple[LineageNode, ...]
    model: LineageArtifact | None = None


def collect_lineage(
    run: Mapping[str, Any], records: Mapping[str, NodeRecord], config: PipelineConfig
) -> Lineage:
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
    return Lineage(
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
            yield ChangedParameter(dotted, value, field.default)


def _facts(
    run: Mapping[str, Any], records: Mapping[str, NodeRecord], config: PipelineConfig
) -> Iterator[tuple[str, str]]:
    yield "Run", str(run["run_id"])
    yield "Data", config.data.path
    yield "Encoder", config.encoder.source
    for name, value in stored_fingerprints(records).items():
        yield f"{name[0].upper()}{name[1:]}", value
    if run.get("pushed_model"):
        yield "Pushed model", str(run["pushed_model"])


def _artifact(record: ArtifactRecord, root: str) -> LineageArtifact:
    return LineageArtifact(record.id, record.type, record.uri.removeprefix(f"{root}/"))


SECTION = RunSection(
    name="lineage",
    title="Lineage",
    read=lambda run: collect_lineage(run.run, run.records, run.config),
)
