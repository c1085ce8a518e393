"""Preparer: cleans texts, maps labels, drops rows by rules, balances the train split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.preparer.columns import RowColumns
from pipeline.graph.catalogue.entry import (
    Assembly,
    CatalogueNode,
    NodeCode,
    Parameters,
    Sections,
    Told,
)
from pipeline.graph.catalogue.reading import parsed
from pipeline.graph.told.training_parameters import feature_names

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

    from pipeline.config.pipeline_config import PipelineConfig


def _build(assembly: Assembly) -> BaseNode:
    from components.preparer.component import Preparer

    config = assembly.config
    return Preparer(assembly.channels["examples"], config.prepare, _columns(config))


def _columns(config: PipelineConfig) -> RowColumns:
    return RowColumns(**feature_names(config).model_dump())


def _parameters(told: Told) -> dict[str, str]:
    return {
        "prepare_params": told.config.prepare.model_dump_json(),
        "columns": _columns(told.config).model_dump_json(),
    }


def _stored(told: Parameters) -> Sections:
    yield "prepare", parsed(told.get("prepare_params"))


def _enabled(config: PipelineConfig) -> bool:
    return config.prepare.enabled


def _shape(config: PipelineConfig) -> dict[str, Any]:
    return {"prepare.enabled": config.prepare.enabled}


NODE = CatalogueNode(
    id="Preparer",
    build=_build,
    code=NodeCode(
        ("components.preparer.executor",), ("rensa", "pyarrow", "cleanlab", "scikit-learn")
    ),
    offers={"examples": "examples"},
    enabled=_enabled,
    parameters=_parameters,
    stored=_stored,
    shape=_shape,
)
