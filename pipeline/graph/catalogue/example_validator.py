"""ExampleValidator: compares the rows with the schema; anomalies may stop the run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

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


def _build(assembly: Assembly) -> BaseNode:
    from components.example_validator.component import StoppingExampleValidator

    return StoppingExampleValidator(
        statistics=assembly.channels["statistics"],
        schema=assembly.channels["schema"],
        stop_on=assembly.config.validate_data.stop_on,
    )


def _parameters(told: Told) -> dict[str, str]:
    return {"stop_on": json.dumps(list(told.config.validate_data.stop_on))}


def _stored(told: Parameters) -> Sections:
    yield "validate", {"stop_on": parsed(told.get("stop_on"), list)}


NODE = CatalogueNode(
    id="ExampleValidator",
    build=_build,
    code=NodeCode(("components.example_validator.executor",), ("tensorflow-data-validation",)),
    offers={"anomalies": "anomalies"},
    parameters=_parameters,
    stored=_stored,
)
