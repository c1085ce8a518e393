"""The contract of BiasDetector: its input, its parameters and its output."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts
from tfx.types.experimental import simple_artifacts

from components.bias_detector.executor import (
    ANALYSIS_KEY,
    COLUMNS_KEY,
    EXAMPLES_KEY,
    PARAMS_KEY,
    Executor,
)
from components.bias_params import BiasParams


class BiasDetectorSpec(component_spec.ComponentSpec):
    """Parameters: whom to compare, the limits, and which columns have classes and texts."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        PARAMS_KEY: component_spec.ExecutionParameter(type=str),
        COLUMNS_KEY: component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar[dict[str, Any]] = {
        EXAMPLES_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples)
    }
    OUTPUTS: ClassVar[dict[str, Any]] = {
        ANALYSIS_KEY: component_spec.ChannelParameter(type=simple_artifacts.Metrics)
    }


class BiasDetector(base_component.BaseComponent):
    """Measure how far groups of rows differ in their labels; fail beyond a limit.

    Output `analysis` (Metrics: Vertex AI refuses a type with a name of ours): `analysis.json`
    in the schema of SageMaker Clarify and more, and the property `verdict`.

    Example:
        `BiasDetector(examples, params, "label", ["text"]).with_id("BiasDetector")`
    """

    SPEC_CLASS = BiasDetectorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self, examples: types.BaseChannel, params: BiasParams, label: str, texts: Sequence[str]
    ) -> None:
        """Declare the node.

        Args:
            examples: Channel of ExampleGen's `Examples`.
            params: Whom to compare, and the limits.
            label: The column of the classes.
            texts: The columns of the texts.
        """
        super().__init__(
            spec=BiasDetectorSpec(
                bias_params=params.of_labels(),
                columns=columns_parameter(label, texts),
                examples=examples,
                analysis=types.Channel(type=simple_artifacts.Metrics),
            )
        )


def columns_parameter(label: str, texts: Sequence[str]) -> str:
    """Write the names of the columns as the node is told them."""
    return json.dumps({"label": label, "texts": list(texts)})
