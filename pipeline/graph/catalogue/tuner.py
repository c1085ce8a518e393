"""Tuner: tries hyperparameters; off unless `tune.enabled`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.graph.catalogue.entry import (
    Assembly,
    CatalogueNode,
    NodeCode,
    Parameters,
    Sections,
    Told,
    in_custom_config,
)
from pipeline.graph.catalogue.reading import custom_params, section
from pipeline.graph.told.training_parameters import training_config

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

    from pipeline.config.pipeline_config import PipelineConfig


def _build(assembly: Assembly) -> BaseNode:
    from tfx.components.tuner.component import Tuner
    from tfx.proto import trainer_pb2

    return Tuner(
        tuner_fn="models.tuning.tuner_fn",
        custom_config=tuner_config(assembly.told),
        examples=assembly.channels["transformed_examples"],
        transform_graph=assembly.channels["transform_graph"],
        train_args=trainer_pb2.TrainArgs(),
        eval_args=trainer_pb2.EvalArgs(),
    )


def tuner_config(told: Told) -> dict[str, str]:
    """Make the `custom_config` of the Tuner.

    Args:
        told: Configuration, encoder and code.

    Returns:
        `params` for `models.tuning.tuner_fn`.
    """
    return training_config(told.config, told.encoder, told.code, told.config.tune)


def _stored(told: Parameters) -> Sections:
    yield "tune", section(custom_params(told), "tune")


def _enabled(config: PipelineConfig) -> bool:
    return config.tune.enabled


def _shape(config: PipelineConfig) -> dict[str, Any]:
    return {"tune.enabled": config.tune.enabled}


NODE = CatalogueNode(
    id="Tuner",
    build=_build,
    code=NodeCode(("models.tuning",), ("tensorflow", "tensorflow-text", "tf-keras", "keras-tuner")),
    offers={"hyperparameters": "best_hyperparameters"},
    enabled=_enabled,
    parameters=in_custom_config(tuner_config),
    stored=_stored,
    shape=_shape,
    needs_encoder=True,
    trains=True,
)
