"""Read the schema that the rows were checked against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf import text_format

from components.tfrecords import read_file
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.report.reading.columns import MAX_CATEGORY_BYTES
from pipeline.report.section import OutputSection

_SCHEMA_FILE = "schema.pbtxt"
_SHOWN_VALUES = 12
_TYPES = {1: "string", 2: "integer", 3: "float", 4: "structure"}


@dataclass(frozen=True)
class SchemaRow:
    """What the schema asks of one column.

    Attributes:
        name: Name of the column.
        type: `string`, `integer` or `float`.
        required: Whether every row must have a value.
        values: The allowed values or their range, in words; empty for any.
    """

    name: str
    type: str
    required: bool
    values: str


def read_schema(uri: str, config: PipelineConfig) -> tuple[SchemaRow, ...]:
    """Read a schema.

    Args:
        uri: Folder of SchemaGen's `schema`.
        config: The configuration: it names the columns of texts, whose values are not shown, as
            those of any other column of long values.

    Returns:
        A row per column, in the order of the schema.
    """
    from tensorflow_metadata.proto.v0 import schema_pb2

    schema = text_format.Parse(read_file(f"{uri}/{_SCHEMA_FILE}"), schema_pb2.Schema())
    domains = {domain.name: list(domain.value) for domain in schema.string_domain}
    texts = {config.data.text_column, config.data.text_pair_column}
    return tuple(
        SchemaRow(
            name=feature.name,
            type=_TYPES.get(feature.type, "unknown"),
            required=feature.presence.min_fraction == 1,
            values="" if feature.name in texts else _values(feature, domains),
        )
        for feature in schema.feature
    )


def _values(feature: Any, domains: Mapping[str, Sequence[str]]) -> str:
    """Say which values are allowed; empty for any."""
    kind = feature.WhichOneof("domain_info")
    if kind == "domain":
        return _listed(domains.get(feature.domain, ()))
    if kind == "string_domain":
        return _listed(feature.string_domain.value)
    if kind in {"int_domain", "float_domain"}:
        domain = getattr(feature, kind)
        low = f"from {domain.min:g}" if domain.HasField("min") else ""
        high = f"to {domain.max:g}" if domain.HasField("max") else ""
        whole = "whole numbers" if kind == "int_domain" else "numbers"
        return f"{whole} {low} {high}".strip()
    return ""


def _listed(values: Sequence[str]) -> str:
    if any(len(value.encode()) > MAX_CATEGORY_BYTES for value in values):
        return f"one of {len(values)} texts, which are not shown"
    shown = values[:_SHOWN_VALUES]
    more = len(values) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


SECTION = OutputSection(
    name="schema",
    title="Schema",
    node="SchemaGen",
    output="schema",
    read=lambda made, run: read_schema(made.uri, run.config),
)
