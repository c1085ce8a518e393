"""Trainer: fine-tunes the encoder, and exports the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.params import TuneParams
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

_SECTIONS = ("encoder", "transform", "train")


def _build(assembly: Assembly) -> BaseNode:
    from tfx.components.trainer.component import Trainer
    from tfx.proto import trainer_pb2

    return Trainer(
        run_fn="models.training.run_fn",
        hyperparameters=assembly.channels.get("hyperparameters"),
        custom_config=trainer_config(assembly.told),
        examples=assembly.channels["transformed_examples"],
        transform_graph=assembly.channels["transform_graph"],
        train_args=trainer_pb2.TrainArgs(),
        eval_args=trainer_pb2.EvalArgs(),
    )


def trainer_config(told: Told) -> dict[str, str]:
    """Make the `custom_config` of the Trainer.

    Args:
        told: Configuration, encoder and code.

    Returns:
        `params` for `models.training.run_fn`.
    """
    # The search space is the Tuner's business: it must not train the model again.
    return training_config(told.config, told.encoder, told.code, TuneParams())


def _stored(told: Parameters) -> Sections:
    params = custom_params(told)
    yield from ((name, section(params, name)) for name in _SECTIONS)


NODE = CatalogueNode(
    id="Trainer",
    build=_build,
    code=NodeCode(("models.training.run",), ("tensorflow", "tensorflow-text", "tf-keras")),
    offers={"candidate": "model", "model_run": "model_run"},
    parameters=in_custom_config(trainer_config),
    stored=_stored,
    needs_encoder=True,
    trains=True,
)
