"""Pusher: publishes a blessed model as a new version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bert_aas.contracts.files.locations import absolute
from components.pusher.params import SIGN_KEY
from pipeline.config.layout import push_directory
from pipeline.graph.catalogue.entry import (
    Assembly,
    CatalogueNode,
    NodeCode,
    Parameters,
    Sections,
    Told,
)
from pipeline.graph.catalogue.reading import custom_config, parsed, section

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode

    from pipeline.config.pipeline_config import PipelineConfig


def _build(assembly: Assembly) -> BaseNode:
    from components.pusher.component import AtomicPusher, RegisteredPusher

    if "registration" in assembly.channels:
        channels = {
            "model": assembly.channels["candidate"],
            "model_blessing": assembly.channels["blessing"],
            "infra_blessing": assembly.channels["infra_blessing"],
            "registration": assembly.channels["registration"],
        }
        return RegisteredPusher(
            channels,
            _destination(assembly.config),
            _approval(assembly.config),
            _custom_config(assembly.config),
        )
    return AtomicPusher(
        model=assembly.channels["candidate"],
        model_blessing=assembly.channels["blessing"],
        infra_blessing=assembly.channels["infra_blessing"],
        push_destination=_destination(assembly.config),
        custom_config=_custom_config(assembly.config),
    )


def _destination(config: PipelineConfig) -> Any:
    """Make TFX's `PushDestination` with the base path of the versions."""
    from tfx.proto import pusher_pb2

    directory = push_directory(config.output_dir, config.push.directory)
    return pusher_pb2.PushDestination(
        filesystem=pusher_pb2.PushDestination.Filesystem(base_directory=directory)
    )


def _custom_config(config: PipelineConfig) -> dict[str, str] | None:
    key = config.push.sign_key
    return None if key is None else {SIGN_KEY: absolute(key)}


def _parameters(told: Told) -> dict[str, str]:
    from tfx.utils import proto_utils

    found = {
        "push_destination": proto_utils.proto_to_json(_destination(told.config)),
        "custom_config": json.dumps(_custom_config(told.config)),
    }
    if told.config.registry.enabled:
        found["approval"] = _approval(told.config)
    return found


def _approval(config: PipelineConfig) -> str:
    return "required" if config.push.requires_approval else "not required"


def _stored(told: Parameters) -> Sections:
    destination = parsed(told.get("push_destination"))
    found: dict[str, Any] = {"directory": section(destination, "filesystem").get("base_directory")}
    if "approval" in told:
        found["requires_approval"] = told["approval"] == "required"
    key = custom_config(told).get(SIGN_KEY)
    if key:
        found[SIGN_KEY] = key
    yield "push", found


NODE = CatalogueNode(
    id="Pusher",
    build=_build,
    code=NodeCode(("components.pusher.executor", "components.pusher.driver")),
    offers={"pushed_model": "pushed_model"},
    parameters=_parameters,
    stored=_stored,
    kubeflow_outputs={"report": "HTML", "model": "Model"},
)
