"""Optimizer: faster forms of the model, kept if they are as good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    from components.optimizer.component import Optimizer

    return Optimizer(
        model=assembly.channels["candidate"],
        examples=assembly.channels["transformed_examples"],
        params=assembly.config.optimize,
    )


def _parameters(told: Told) -> dict[str, str]:
    return {"optimize_params": told.config.optimize.model_dump_json()}


def _stored(told: Parameters) -> Sections:
    yield "optimize", parsed(told.get("optimize_params"))


def _enabled(config: PipelineConfig) -> bool:
    return config.optimize.enabled


def _shape(config: PipelineConfig) -> dict[str, Any]:
    return {"optimize.enabled": config.optimize.enabled}


NODE = CatalogueNode(
    id="Optimizer",
    build=_build,
    code=NodeCode(("components.optimizer.executor",), ("tensorflow", "openvino", "nncf")),
    offers={"candidate": "model"},
    enabled=_enabled,
    parameters=_parameters,
    stored=_stored,
    shape=_shape,
)
