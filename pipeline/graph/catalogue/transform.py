"""Transform: word pieces and class ids, as TFRecord."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.transform.params import WANTED_KEY, WantedTokens
from models.params import PreprocessingParams
from pipeline.config.layout import output_layout
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
from pipeline.graph.told.kept_files import keep
from pipeline.graph.told.tokenizer import tokenizer_fingerprint
from pipeline.graph.told.training_parameters import feature_names, text_rules

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

PREPROCESSING_FN = "models.preprocessing.preprocessing_fn"


def _build(assembly: Assembly) -> BaseNode:
    from components.transform.component import FileTransform

    service = assembly.service
    return FileTransform(
        examples=assembly.channels["examples"],
        schema=assembly.channels["schema"],
        disable_statistics=True,  # StatisticsGen has looked at the rows
        disable_analyzer_cache=True,
        preprocessing_fn=service.preprocessing_fn if service else PREPROCESSING_FN,
        custom_config=service.transform_config if service else transform_config(assembly.told),
    )


def transform_config(told: Told) -> dict[str, str]:
    """Make the `custom_config` of Transform.

    Args:
        told: Configuration and encoder.

    Returns:
        `params` for `models.preprocessing.preprocessing_fn`, the fingerprint of the encoder for the
        cache key, and `kept_tokens` where the data are a feature group, which may have tokens.
    """
    config, encoder = told.config, told.encoder
    if encoder is None:
        return {}
    folder = output_layout(config.output_dir).vocabularies
    params = PreprocessingParams(
        features=feature_names(config),
        transform=config.transform,
        vocab_path=keep(encoder.vocab_path.read_bytes(), folder, ".txt"),
        do_lower_case=encoder.do_lower_case,
        text_rules=text_rules(config),
    )
    return {
        "params": params.as_json(),
        "encoder_fingerprint": encoder.fingerprint,
        **_kept_tokens(told),
    }


def _kept_tokens(told: Told) -> dict[str, str]:
    """Say where tokens may be, and which; elsewhere nothing, so that older cache keys stay."""
    if not told.config.data.is_feature_group:
        return {}
    wanted = WantedTokens(
        address=told.config.data.path,
        tokenizer=tokenizer_fingerprint(told.config, told.encoder, told.tokenizer),
        text=told.config.data.text_column,
        text_pair=told.config.data.text_pair_column,
    )
    return {WANTED_KEY: wanted.model_dump_json()}


def _stored(told: Parameters) -> Sections:
    yield "transform", section(custom_params(told), "transform")


NODE = CatalogueNode(
    id="Transform",
    build=_build,
    code=NodeCode(
        ("components.transform.executor", "models.preprocessing"),
        ("tensorflow", "tensorflow-text", "tensorflow-transform"),
        ("components.transform.executor", "models.encoder_preprocessing"),
    ),
    offers={
        "transformed_examples": "transformed_examples",
        "transform_graph": "transform_graph",
    },
    # Nothing is spent on a model before the data is known to be sound.
    waits_for=("ExampleValidator", "BiasDetector"),
    parameters=in_custom_config(transform_config),
    stored=_stored,
    needs_encoder=True,
)
