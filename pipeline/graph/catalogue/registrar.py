"""Registrar: a version in the registry of models for each candidate."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bert_aas.registry.places import registry_place
from pipeline.config.layout import output_layout, push_directory
from pipeline.environment import registry_address
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

    from components.registrar.params import RegistrarParams
    from pipeline.config.pipeline_config import PipelineConfig

# Where and how a run works, and what people say of a model, make no other model.
_OTHER_SECTIONS = {
    "airflow", "beam", "card", "kubeflow", "metadata", "output_dir", "push", "registry", "vertex",
}  # fmt: skip


def _build(assembly: Assembly) -> BaseNode:
    from components.registrar.component import Registrar
    from components.registrar.executor import FILES_KEYS

    offered = {
        "model": "candidate",
        **{key: key for key in ("blessing", "infra_blessing", "evaluation")},
        **{key: key for key in ("examples", "schema", "model_run", *FILES_KEYS)},
    }
    channels = {
        key: assembly.channels[name] for key, name in offered.items() if name in assembly.channels
    }
    told = assembly.told
    return Registrar(channels, _params(told), _configured(told.config))


def registry_url(config: PipelineConfig) -> str:
    """Say where the registry of a pipeline is.

    Args:
        config: The configuration.

    Returns:
        `registry.url`, else what `$BERT_AAS_REGISTRY` says, else a file in the output folder.
    """
    given = config.registry.url or registry_address()
    return registry_place(given or output_layout(config.output_dir).root).url


def _params(told: Told) -> RegistrarParams:
    from components.registrar.params import RegistrarParams

    config = told.config
    columns = (config.data.text_column, config.data.text_pair_column)
    return RegistrarParams(
        url=registry_url(config),
        model=config.name,
        status=config.registry.status,
        four_eyes=config.registry.four_eyes,
        tracking=config.registry.tracking,
        rejected=config.evaluate.otherwise == "register_rejected",
        serving_directory=push_directory(config.output_dir, config.push.directory),
        encoder=told.encoder.fingerprint if told.encoder else "",
        texts=tuple(name for name in columns if name),
    )


def _configured(config: PipelineConfig) -> str:
    """Write the configuration of the model, dotted name to value."""
    sections = config.model_dump(mode="json", by_alias=True, exclude=_OTHER_SECTIONS)
    used = {name: found for name, found in sections.items() if not _is_off(found)}
    return json.dumps(dict(_dotted(used)), sort_keys=True)


def _is_off(section: Any) -> bool:
    return isinstance(section, dict) and section.get("enabled") is False


def _dotted(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _dotted(value, f"{prefix}{name}.")
        elif value not in (None, [], ()):
            yield f"{prefix}{name}", value


def _parameters(told: Told) -> dict[str, str]:
    return {
        "registrar_params": _params(told).model_dump_json(),
        "parameters": _configured(told.config),
    }


def _stored(told: Parameters) -> Sections:
    params = parsed(told.get("registrar_params"))
    names = ("url", "status", "four_eyes", "tracking")
    found = {name: params[name] for name in names if name in params}
    yield "registry", {"enabled": True, **found} if found else {}


def _enabled(config: PipelineConfig) -> bool:
    return config.registry.enabled


def _shape(config: PipelineConfig) -> dict[str, Any]:
    return {"registry.enabled": config.registry.enabled}


NODE = CatalogueNode(
    id="Registrar",
    build=_build,
    code=NodeCode(("components.registrar.executor", "components.registrar.driver")),
    offers={"registration": "registration"},
    waits_for=("InfraValidator",),
    enabled=_enabled,
    parameters=_parameters,
    stored=_stored,
    shape=_shape,
    needs_encoder=True,
)
