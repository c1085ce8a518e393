"""The parameters of Tuner and Trainer: they differ only in the search space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute
from bert_aas.preparation.params import TextRules
from models.params import FeatureNames, TrainerParams, TuneParams
from pipeline.config.layout import output_layout, push_directory
from pipeline.graph.told.label_rules import label_rules

if TYPE_CHECKING:
    from models.encoders.resolving import EncoderModule
    from pipeline.config.pipeline_config import PipelineConfig


def feature_names(config: PipelineConfig) -> FeatureNames:
    """Return the names of the raw features that the model reads.

    Args:
        config: The configuration.

    Returns:
        Text, optional pair, label, key.
    """
    return FeatureNames(
        text=config.data.text_column,
        text_pair=config.data.text_pair_column,
        label=config.data.label_column,
    )


def text_rules(config: PipelineConfig) -> TextRules | None:
    """Return how the model cleans the texts it is asked about, as their rows were prepared.

    Args:
        config: The configuration.

    Returns:
        The rules; `None` if nothing is prepared.
    """
    rules = config.prepare.text_rules
    return rules if config.prepare.enabled and rules.steps else None


def training_config(
    config: PipelineConfig, encoder: EncoderModule | None, code: str, tune: TuneParams
) -> dict[str, str]:
    """Make the `custom_config` of a node that trains.

    Args:
        config: The configuration.
        encoder: The resolved encoder; `None` where the node resolves it when it runs.
        code: The fingerprint of the node's code.
        tune: The search space.

    Returns:
        `params`: `models.params.TrainerParams` as JSON; empty without an encoder.

    Raises:
        InvalidInputError: If the teacher cannot be used.
    """
    if encoder is None:
        return {}
    params = TrainerParams(
        features=feature_names(config),
        encoder=config.encoder,
        encoder_fingerprint=encoder.fingerprint,
        transform=config.transform,
        train=config.train,
        tune=tune,
        checkpoint_root=output_layout(config.output_dir).checkpoints,
        code_fingerprint=code,
        teacher_fingerprint=_teacher_fingerprint(config),
        label_rules=label_rules(config),
    )
    return {"params": params.as_json()}


def _teacher_fingerprint(config: PipelineConfig) -> str | None:
    source = config.train.teacher
    if source is None:
        return None
    from models.training.teaching.teachers import is_version, resolve_teacher

    pushed = push_directory(config.output_dir, config.push.directory)
    if absolute(source) == pushed and not is_version(source):
        raise InvalidInputError(
            f"`train.teacher` is {source}, the folder to which this pipeline pushes its "
            "own models: the next run would learn from one of them; name one version in "
            "it"
        )
    return resolve_teacher(absolute(source)).fingerprint
