"""The contract of the Optimizer: its inputs, its parameters and its output."""

from typing import Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.optimizer.executor import EXAMPLES_KEY, INPUT_KEY, MODEL_KEY, PARAMS_KEY, Executor
from components.optimizer.params import OptimizeParams


class OptimizerSpec(component_spec.ComponentSpec):
    """Parameters: the bounds."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        PARAMS_KEY: component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar[dict[str, Any]] = {
        INPUT_KEY: component_spec.ChannelParameter(type=standard_artifacts.Model),
        EXAMPLES_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS: ClassVar[dict[str, Any]] = {
        MODEL_KEY: component_spec.ChannelParameter(type=standard_artifacts.Model)
    }


class Optimizer(base_component.BaseComponent):
    """Add a faster form of the classifier to its SavedModel, if it is as good.

    Output `model` (Model): the SavedModel as it was, and `assets.extra/openvino/` in it, with the
    converted `tokens` signature and `manifest.json`: what was measured, what was kept, and why.
    TensorFlow Serving passes such files by.

    Example:
        `Optimizer(trained, transformed, OptimizeParams()).with_id("Optimizer")`
    """

    SPEC_CLASS = OptimizerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: types.BaseChannel,
        examples: types.BaseChannel,
        params: OptimizeParams,
    ) -> None:
        """Declare the node.

        Args:
            model: Channel of the trained `Model`.
            examples: Channel of the transformed `Examples`.
            params: When a faster form is good enough.
        """
        super().__init__(
            spec=OptimizerSpec(
                optimize_params=params.model_dump_json(),
                trained_model=model,
                examples=examples,
                model=types.Channel(type=standard_artifacts.Model),
            )
        )
