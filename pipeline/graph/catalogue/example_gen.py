"""ExampleGen: reads the rows, and divides them among the splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bert_aas.contracts.files.locations import absolute
from components.example_gen.params import DataParams
from pipeline.graph.catalogue.entry import (
    Assembly,
    CatalogueNode,
    NodeCode,
    Parameters,
    Sections,
    Told,
)
from pipeline.graph.catalogue.reading import parsed

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

    from pipeline.config.pipeline_config import PipelineConfig


def _build(assembly: Assembly) -> BaseNode:
    from components.example_gen.component import RowExampleGen

    service = assembly.service
    return RowExampleGen(
        data_params(assembly.config), service.content_fingerprint if service else None
    )


def data_params(config: PipelineConfig) -> DataParams:
    """Return what ExampleGen reads.

    Args:
        config: The configuration.

    Returns:
        The section `data` with an absolute path, and with what `auto` means in it.
    """
    return config.rows.model_copy(update={"path": absolute(config.data.path)})


def _parameters(told: Told) -> dict[str, str]:
    return {"data_params": data_params(told.config).model_dump_json()}


def _stored(told: Parameters) -> Sections:
    yield "data", parsed(told.get("data_params"))


def _unseen_files(assembly: Assembly) -> bool:
    return assembly.service is not None and assembly.service.content_fingerprint is None


NODE = CatalogueNode(
    id="ExampleGen",
    build=_build,
    code=NodeCode(
        ("components.example_gen.executor", "components.example_gen.driver"), ("pyarrow",)
    ),
    offers={"examples": "examples"},
    parameters=_parameters,
    stored=_stored,
    unseen_files=_unseen_files,
)
