"""SchemaGen: infers the schema of the rows, or takes a curated one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bert_aas.contracts.files.locations import absolute
from pipeline.config.layout import output_layout
from pipeline.graph.catalogue.entry import (
    Assembly,
    CatalogueNode,
    NodeCode,
    Parameters,
    Sections,
    Told,
)
from pipeline.graph.told.kept_files import keep

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

    from pipeline.config.pipeline_config import PipelineConfig


def _build(assembly: Assembly) -> BaseNode:
    if assembly.config.validate_data.schema_path:
        from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen

        return ImportSchemaGen(schema_file=_schema_file(assembly))
    from tfx.components.schema_gen.component import SchemaGen

    return SchemaGen(statistics=assembly.channels["statistics"], infer_feature_shape=False)


def _schema_file(assembly: Assembly) -> str:
    if assembly.service:
        return str(assembly.config.validate_data.schema_path)
    return kept_schema(assembly.config) if assembly.told.encoder else ""


def kept_schema(config: PipelineConfig) -> str:
    """Copy the curated schema to a place named after its content, which the cache key then has.

    Args:
        config: The configuration; it names a schema.

    Returns:
        The copy, in the output folder.
    """
    from tfx.dsl.io import fileio

    with fileio.open(absolute(str(config.validate_data.schema_path)), "rb") as file:
        content = file.read()
    return keep(content, output_layout(config.output_dir).schemas, ".pbtxt")


def _parameters(told: Told) -> dict[str, str]:
    if not told.config.validate_data.schema_path:
        return {}
    return {"schema_file": kept_schema(told.config)}


def _stored(told: Parameters) -> Sections:
    yield "validate", {"schema_path": told.get("schema_file")}


def _shape(config: PipelineConfig) -> dict[str, Any]:
    return {"validate.schema_path": "a path" if config.validate_data.schema_path else None}


def _unseen_files(assembly: Assembly) -> bool:
    return bool(assembly.config.validate_data.schema_path)


NODE = CatalogueNode(
    id="SchemaGen",
    build=_build,
    code=NodeCode((), ("tensorflow-data-validation",)),
    offers={"schema": "schema"},
    parameters=_parameters,
    stored=_stored,
    shape=_shape,
    unseen_files=_unseen_files,
)
