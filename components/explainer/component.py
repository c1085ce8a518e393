"""The contract of Explainer: its inputs, its parameters and its output."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts
from tfx.types.experimental import simple_artifacts

from components.explainer.executor import (
    COLUMNS_KEY,
    EXAMPLES_KEY,
    EXPLANATIONS_KEY,
    MODEL_KEY,
    PARAMS_KEY,
    Executor,
)
from components.explainer.params import ExplainParams


class ExplainerSpec(component_spec.ComponentSpec):
    """Parameters: how many rows, how exact; which columns have classes, texts and slices."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        PARAMS_KEY: component_spec.ExecutionParameter(type=str),
        COLUMNS_KEY: component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar[dict[str, Any]] = {
        MODEL_KEY: component_spec.ChannelParameter(type=standard_artifacts.Model),
        EXAMPLES_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS: ClassVar[dict[str, Any]] = {
        EXPLANATIONS_KEY: component_spec.ChannelParameter(type=simple_artifacts.Metrics)
    }


class Explainer(base_component.BaseComponent):
    """Explain which words the predictions on the eval split rest on, and test the explanations.

    Output `explanations` (Metrics: Vertex AI refuses a type with a name of ours):
    `explanations.json`, `analysis.json` in the schema of SageMaker Clarify,
    `explained_rows.parquet`, and the property `verdict`.

    Example:
        `Explainer(model, examples, params, columns_parameter("label", ["text"], []))`
    """

    SPEC_CLASS = ExplainerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: types.BaseChannel,
        examples: types.BaseChannel,
        params: ExplainParams,
        columns: str,
    ) -> None:
        """Declare the node.

        Args:
            model: Channel of the candidate `Model`.
            examples: Channel of ExampleGen's `Examples`.
            params: How many rows, how exact.
            columns: As `columns_parameter` writes them.
        """
        super().__init__(
            spec=ExplainerSpec(
                explain_params=params.model_dump_json(),
                columns=columns,
                model=model,
                examples=examples,
                explanations=types.Channel(type=simple_artifacts.Metrics),
            )
        )


def columns_parameter(label: str, texts: Sequence[str], slices: Sequence[str]) -> str:
    """Write the names of the columns as the node is told them."""
    return json.dumps({"label": label, "texts": list(texts), "slices": list(slices)})
