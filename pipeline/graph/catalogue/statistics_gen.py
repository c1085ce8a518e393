"""StatisticsGen: counts, ranges and frequent values of every column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.graph.catalogue.entry import Assembly, CatalogueNode, NodeCode

if TYPE_CHECKING:
    from tfx.dsl.components.base.base_node import BaseNode


def _build(assembly: Assembly) -> BaseNode:
    from components.statistics_gen.component import BoundedStatisticsGen

    return BoundedStatisticsGen(examples=assembly.channels["examples"])


NODE = CatalogueNode(
    id="StatisticsGen",
    build=_build,
    code=NodeCode(("components.statistics_gen.executor",), ("tensorflow-data-validation",)),
    offers={"statistics": "statistics"},
)
