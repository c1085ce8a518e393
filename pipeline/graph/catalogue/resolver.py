"""Resolver: finds the latest blessed model, which the candidate is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.graph.catalogue.entry import Assembly, CatalogueNode, NodeCode

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode


def _build(assembly: Assembly) -> BaseNode:
    from tfx import types
    from tfx.dsl.components.common.resolver import Resolver
    from tfx.types import standard_artifacts

    from components.model_resolver.strategy import CANDIDATE, LatestOtherBlessedModelStrategy

    if assembly.service:
        return _service_resolver(assembly)
    return Resolver(
        strategy_class=LatestOtherBlessedModelStrategy,
        model=types.Channel(type=standard_artifacts.Model),
        model_blessing=types.Channel(type=standard_artifacts.ModelBlessing),
        **{CANDIDATE: assembly.channels["candidate"]},
    )


def _service_resolver(assembly: Assembly) -> BaseNode:
    """Resolve with TFX's own strategy, which a service turns into queries of its metadata."""
    from tfx import types
    from tfx.dsl.components.common.resolver import Resolver
    from tfx.dsl.input_resolution.strategies.latest_blessed_model_strategy import (
        LatestBlessedModelStrategy,
    )
    from tfx.types import standard_artifacts

    resolver = Resolver(
        strategy_class=LatestBlessedModelStrategy,
        model=types.Channel(type=standard_artifacts.Model),
        model_blessing=types.Channel(type=standard_artifacts.ModelBlessing),
    )
    resolver.add_upstream_node(assembly.makers["candidate"])
    return resolver


NODE = CatalogueNode(
    id="Resolver",
    build=_build,
    code=NodeCode(("components.model_resolver.strategy",), (), ()),
    offers={"baseline": "model"},
)
