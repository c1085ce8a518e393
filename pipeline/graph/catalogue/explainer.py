"""Explainer: which words the candidate's predictions on the eval split rest on."""

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
    from components.explainer.component import Explainer

    return Explainer(
        model=assembly.channels["candidate"],
        examples=assembly.channels["examples"],
        params=assembly.config.explain,
        columns=_columns(assembly.config),
    )


def _parameters(told: Told) -> dict[str, str]:
    return {
        "explain_params": told.config.explain.model_dump_json(),
        "columns": _columns(told.config),
    }


def _columns(config: PipelineConfig) -> str:
    from components.explainer.component import columns_parameter

    texts = [name for name in (config.data.text_column, config.data.text_pair_column) if name]
    return columns_parameter(config.data.label_column, texts, config.evaluate.slices)


def _stored(told: Parameters) -> Sections:
    yield "explain", parsed(told.get("explain_params"))


def _enabled(config: PipelineConfig) -> bool:
    return config.explain.enabled


def _shape(config: PipelineConfig) -> dict[str, Any]:
    return {"explain.enabled": config.explain.enabled}


NODE = CatalogueNode(
    id="Explainer",
    build=_build,
    code=NodeCode(
        ("components.explainer.executor",), ("tensorflow", "tensorflow-text", "numpy", "scipy")
    ),
    offers={"explanations": "explanations"},
    waits_for=("Evaluator", "ModelBiasDetector"),
    enabled=_enabled,
    parameters=_parameters,
    stored=_stored,
    shape=_shape,
)
