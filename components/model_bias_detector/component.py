"""The contract of ModelBiasDetector: its inputs, its parameters and its output."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts
from tfx.types.experimental import simple_artifacts

from components.bias_params import BiasParams
from components.model_bias_detector.executor import (
    ANALYSIS_KEY,
    BASELINE_KEY,
    BLESSING_KEY,
    COLUMNS_KEY,
    EVALUATION_KEY,
    EXAMPLES_KEY,
    FIRST_KEY,
    LABELS_KEY,
    MODEL_KEY,
    PARAMS_KEY,
    Executor,
)


class ModelBiasDetectorSpec(component_spec.ComponentSpec):
    """Parameters: whom to compare, the limits, which words to swap, and the columns."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        PARAMS_KEY: component_spec.ExecutionParameter(type=str),
        COLUMNS_KEY: component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar[dict[str, Any]] = {
        EXAMPLES_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples),
        MODEL_KEY: component_spec.ChannelParameter(type=standard_artifacts.Model),
        BASELINE_KEY: component_spec.ChannelParameter(type=standard_artifacts.Model, optional=True),
        LABELS_KEY: component_spec.ChannelParameter(type=simple_artifacts.Metrics, optional=True),
        EVALUATION_KEY: component_spec.ChannelParameter(
            type=standard_artifacts.ModelEvaluation, optional=True
        ),
        FIRST_KEY: component_spec.ChannelParameter(
            type=standard_artifacts.ModelBlessing, optional=True
        ),
    }
    OUTPUTS: ClassVar[dict[str, Any]] = {
        ANALYSIS_KEY: component_spec.ChannelParameter(type=simple_artifacts.Metrics),
        BLESSING_KEY: component_spec.ChannelParameter(
            type=standard_artifacts.ModelBlessing, optional=True
        ),
    }


class ModelBiasDetector(base_component.BaseComponent):
    """Measure how far a model treats groups of rows differently; fail beyond a limit.

    Output `analysis` (Metrics: Vertex AI refuses a type with a name of ours): `analysis.json` in
    the schema of SageMaker Clarify and more, and the property `verdict`. Where the Evaluator leaves
    conditions to this node, `evaluation.json` and `conditions.json` with all of them stand beside
    it, and the output `blessing` has the last word.

    Example:
        `ModelBiasDetector({"examples": examples, "model": model}, params, "label", ["text"])`
    """

    SPEC_CLASS = ModelBiasDetectorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        channels: dict[str, types.BaseChannel],
        params: BiasParams,
        label: str,
        texts: Sequence[str],
    ) -> None:
        """Declare the node.

        Args:
            channels: `examples`, raw ones; `model`; optional are `baseline_model`;
                `label_analysis`, the output of BiasDetector; together, where conditions are left to
                this node, the Evaluator's `evaluation` and its blessing, `first_blessing`.
            params: Whom to compare, and the limits.
            label: The column of the classes.
            texts: The columns of the texts.
        """
        made = {ANALYSIS_KEY: types.Channel(type=simple_artifacts.Metrics)}
        if EVALUATION_KEY in channels:
            made[BLESSING_KEY] = types.Channel(type=standard_artifacts.ModelBlessing)
        super().__init__(
            spec=ModelBiasDetectorSpec(
                bias_params=params.of_predictions(),
                columns=columns_parameter(label, texts),
                **made,
                **channels,
            )
        )


def columns_parameter(label: str, texts: Sequence[str]) -> str:
    """Write the names of the columns as the node is told them."""
    return json.dumps({"label": label, "texts": list(texts)})
