"""A node for the tests of the catalogue: it counts the rows. All that it takes is in this file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import tensorflow as tf
from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.dsl.components.base.base_node import BaseNode
from tfx.types import component_spec, standard_artifacts

from pipeline.graph.catalogue.entry import (
    Assembly,
    CatalogueNode,
    NodeCode,
    Parameters,
    Sections,
    Told,
)


class Executor(base_executor.BaseExecutor):
    """Counts the rows of all splits."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        (examples,), (count,) = input_dict["examples"], output_dict["count"]
        files = [str(path) for path in Path(examples.uri).glob("Split-*/*.gz")]
        count.write(sum(1 for _ in tf.data.TFRecordDataset(files, compression_type="GZIP")))


class RowCounterSpec(component_spec.ComponentSpec):
    PARAMETERS: ClassVar[dict[str, Any]] = {"unit": component_spec.ExecutionParameter(type=str)}
    INPUTS: ClassVar[dict[str, Any]] = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples)
    }
    OUTPUTS: ClassVar[dict[str, Any]] = {
        "count": component_spec.ChannelParameter(type=standard_artifacts.Integer)
    }


class RowCounter(base_component.BaseComponent):
    SPEC_CLASS = RowCounterSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)


def _build(assembly: Assembly) -> BaseNode:
    spec = RowCounterSpec(
        unit=_parameters(assembly.told)["unit"],
        examples=assembly.channels["examples"],
        count=types.Channel(type=standard_artifacts.Integer),
    )
    return RowCounter(spec)


def _parameters(told: Told) -> dict[str, str]:
    return {"unit": f"rows of {told.config.data.text_column}"}


def _stored(told: Parameters) -> Sections:
    yield "counter", {"unit": told["unit"]}


NODE = CatalogueNode(
    id="RowCounter",
    build=_build,
    code=NodeCode(("tests.pipeline.graph.catalogue.row_counter",)),
    offers={"count": "count"},
    parameters=_parameters,
    stored=_stored,
    trains=True,
)
