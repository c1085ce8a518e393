"""FeatureWriter: the features of a run, kept in a feature group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bert_aas.contracts.files.locations import absolute
from bert_aas.features.store import FOLDER
from components.feature_writer.params import WriterSettings
from pipeline.graph.catalogue.entry import (
    Assembly,
    CatalogueNode,
    NodeCode,
    Parameters,
    Sections,
    Told,
)
from pipeline.graph.catalogue.reading import parsed, section
from pipeline.graph.told.label_rules import label_rules
from pipeline.graph.told.tokenizer import tokenizer_fingerprint
from pipeline.graph.told.training_parameters import feature_names

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

    from pipeline.config.pipeline_config import PipelineConfig


def _build(assembly: Assembly) -> BaseNode:
    from components.feature_writer.component import FeatureWriter

    return FeatureWriter(
        examples=assembly.channels["examples"],
        transformed_examples=assembly.channels["transformed_examples"],
        transform_graph=assembly.channels["transform_graph"],
        settings=_settings(assembly.told),
    )


def _settings(told: Told) -> WriterSettings:
    config = told.config
    names = feature_names(config)
    return WriterSettings(
        params=config.features,
        group=config.features.group or _group_of(config.name),
        store=absolute(config.features.store or FOLDER),
        text=names.text,
        text_pair=names.text_pair,
        label=names.label,
        slices=config.evaluate.slices,
        fingerprint=tokenizer_fingerprint(config, told.encoder, told.tokenizer),
        label_rules=label_rules(config),
    )


def _group_of(pipeline: str) -> str:
    name = pipeline.replace("-", "_")
    return name if name[0].isalpha() else f"run_{name}"


def _parameters(told: Told) -> dict[str, str]:
    return {"feature_settings": _settings(told).model_dump_json()}


def _stored(told: Parameters) -> Sections:
    yield "features", section(parsed(told.get("feature_settings")), "params")


def _enabled(config: PipelineConfig) -> bool:
    return config.features.enabled


def _shape(config: PipelineConfig) -> dict[str, Any]:
    return {"features.enabled": config.features.enabled}


NODE = CatalogueNode(
    id="FeatureWriter",
    build=_build,
    code=NodeCode(("components.feature_writer.executor",), ("duckdb", "pyarrow")),
    offers={"written_features": "written"},
    enabled=_enabled,
    parameters=_parameters,
    stored=_stored,
    shape=_shape,
    needs_encoder=True,
)
