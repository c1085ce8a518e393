"""BiasDetector: how far groups of rows differ in their labels; a limit stops the run."""

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
    from components.bias_detector.component import BiasDetector

    return BiasDetector(
        examples=assembly.channels["examples"],
        params=assembly.config.bias,
        label=assembly.config.data.label_column,
        texts=_texts(assembly.config),
    )


def _parameters(told: Told) -> dict[str, str]:
    from components.bias_detector.component import columns_parameter

    config = told.config
    return {
        "bias_params": config.bias.of_labels(),
        "columns": columns_parameter(config.data.label_column, _texts(config)),
    }


def _texts(config: PipelineConfig) -> list[str]:
    columns = (config.data.text_column, config.data.text_pair_column)
    return [name for name in columns if name is not None]


def _stored(told: Parameters) -> Sections:
    yield "bias", parsed(told.get("bias_params"))


def _enabled(config: PipelineConfig) -> bool:
    return config.bias.enabled


def _shape(config: PipelineConfig) -> dict[str, Any]:
    return {"bias.enabled": config.bias.enabled}


NODE = CatalogueNode(
    id="BiasDetector",
    build=_build,
    code=NodeCode(("components.bias_detector.executor",), ("tensorflow", "numpy", "scipy")),
    offers={"bias_analysis": "analysis"},
    waits_for=("ExampleValidator",),
    enabled=_enabled,
    parameters=_parameters,
    stored=_stored,
    shape=_shape,
)
