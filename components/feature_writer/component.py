"""The contract of the FeatureWriter: its inputs, its parameters and its output."""

from typing import Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.feature_writer.executor import (
    EXAMPLES_KEY,
    GRAPH_KEY,
    SETTINGS_KEY,
    TRANSFORMED_KEY,
    WRITTEN_KEY,
    Executor,
)
from components.feature_writer.params import WriterSettings


class FeatureWriterSpec(component_spec.ComponentSpec):
    """Parameters: which group, where, of which columns."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        SETTINGS_KEY: component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar[dict[str, Any]] = {
        EXAMPLES_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples),
        TRANSFORMED_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples),
        GRAPH_KEY: component_spec.ChannelParameter(type=standard_artifacts.TransformGraph),
    }
    OUTPUTS: ClassVar[dict[str, Any]] = {
        WRITTEN_KEY: component_spec.ChannelParameter(type=standard_artifacts.String)
    }


class FeatureWriter(base_component.BaseComponent):
    """Keep the texts of a run, their tokens and labels as a feature group.

    Output `written` (String): JSON with the group, its version and the number of records.

    Example:
        `FeatureWriter(examples, transformed, graph, settings).with_id("FeatureWriter")`
    """

    SPEC_CLASS = FeatureWriterSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        transformed_examples: types.BaseChannel,
        transform_graph: types.BaseChannel,
        settings: WriterSettings,
    ) -> None:
        """Declare the node.

        Args:
            examples: Channel of the raw `Examples`.
            transformed_examples: Channel of what Transform made of them.
            transform_graph: Channel of its `TransformGraph`, which has the classes.
            settings: Which group, where, of which columns.
        """
        super().__init__(
            spec=FeatureWriterSpec(
                feature_settings=settings.model_dump_json(),
                examples=examples,
                transformed_examples=transformed_examples,
                transform_graph=transform_graph,
                written=types.Channel(type=standard_artifacts.String),
            )
        )
