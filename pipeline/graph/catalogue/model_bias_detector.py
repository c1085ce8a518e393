"""ModelBiasDetector: how far the candidate treats groups of rows differently; may stop the run.

Where a condition or a limit is about these figures, its blessing takes the Evaluator's place: a
model that a limit stops is never the one that the next candidate is compared with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bert_aas.conditions.subjects import AFTER
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

_OWN = ("after_training", "swaps", "max")
"""What BiasDetector is not told; `max` has the limits of other metrics there."""


def _build(assembly: Assembly) -> BaseNode:
    from components.model_bias_detector.component import ModelBiasDetector

    offered = assembly.channels
    channels = {
        "examples": offered["examples"],
        "model": offered["candidate"],
        "baseline_model": offered["baseline"],
        "label_analysis": offered["bias_analysis"],
    }
    if _decides(assembly.config):
        channels |= {
            "evaluation": offered["evaluation"],
            "first_blessing": offered["blessing"],
        }
    return ModelBiasDetector(
        channels,
        params=assembly.config.bias,
        label=assembly.config.data.label_column,
        texts=_texts(assembly.config),
    )


def _decides(config: PipelineConfig) -> bool:
    """Tell whether the Evaluator leaves the last word to this node."""
    conditions = config.evaluate.conditions
    return config.bias.limits_predictions or any(
        (one.metric or "").startswith(f"{AFTER}.") for one in conditions
    )


def _parameters(told: Told) -> dict[str, str]:
    from components.model_bias_detector.component import columns_parameter

    config = told.config
    return {
        "bias_params": config.bias.of_predictions(),
        "columns": columns_parameter(config.data.label_column, _texts(config)),
    }


def _texts(config: PipelineConfig) -> list[str]:
    columns = (config.data.text_column, config.data.text_pair_column)
    return [name for name in columns if name is not None]


def _stored(told: Parameters) -> Sections:
    found = parsed(told.get("bias_params"))
    yield "bias", {name: found[name] for name in _OWN if name in found}


def _enabled(config: PipelineConfig) -> bool:
    return config.bias.enabled and config.bias.after_training


def _shape(config: PipelineConfig) -> dict[str, Any]:
    return {
        "bias.after_training": config.bias.after_training,
        "evaluate.conditions or bias.max on predictions": _decides(config),
    }


NODE = CatalogueNode(
    id="ModelBiasDetector",
    build=_build,
    code=NodeCode(
        ("components.model_bias_detector.executor",),
        ("tensorflow", "tensorflow-text", "numpy", "scipy"),
    ),
    offers={"model_bias_analysis": "analysis", "blessing": "blessing"},
    waits_for=("Evaluator",),
    enabled=_enabled,
    parameters=_parameters,
    stored=_stored,
    shape=_shape,
)
