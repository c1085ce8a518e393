"""The contract of the Registrar: its inputs, its parameters and its output."""

from typing import Any, ClassVar

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts
from tfx.types.experimental import simple_artifacts

from components.registrar.driver import MODEL_KEY, TrainingDriver
from components.registrar.executor import (
    BLESSING_KEY,
    EVALUATION_KEY,
    EXAMPLES_KEY,
    FILES_KEYS,
    INFRA_KEY,
    MODEL_RUN_KEY,
    PARAMETERS_KEY,
    PARAMS_KEY,
    REGISTRATION_KEY,
    SCHEMA_KEY,
    Executor,
)
from components.registrar.params import RegistrarParams


class RegistrarSpec(component_spec.ComponentSpec):
    """Parameters: where the registry is and what is registered; the parameters of the run."""

    PARAMETERS: ClassVar[dict[str, Any]] = {
        PARAMS_KEY: component_spec.ExecutionParameter(type=str),
        PARAMETERS_KEY: component_spec.ExecutionParameter(type=str),
    }
    INPUTS: ClassVar[dict[str, Any]] = {
        MODEL_KEY: component_spec.ChannelParameter(type=standard_artifacts.Model),
        BLESSING_KEY: component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
        INFRA_KEY: component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing),
        EVALUATION_KEY: component_spec.ChannelParameter(type=standard_artifacts.ModelEvaluation),
        EXAMPLES_KEY: component_spec.ChannelParameter(type=standard_artifacts.Examples),
        SCHEMA_KEY: component_spec.ChannelParameter(type=standard_artifacts.Schema),
        MODEL_RUN_KEY: component_spec.ChannelParameter(type=standard_artifacts.ModelRun),
        **{
            key: component_spec.ChannelParameter(type=simple_artifacts.Metrics, optional=True)
            for key in FILES_KEYS
        },
    }
    OUTPUTS: ClassVar[dict[str, Any]] = {
        REGISTRATION_KEY: component_spec.ChannelParameter(type=simple_artifacts.Metrics)
    }


class Registrar(base_component.BaseComponent):
    """Register the candidate as a version, with all that is known of it.

    Output `registration` (Metrics: Vertex AI refuses a type with a name of ours):
    `registration.json`, and the properties `registered_model`, `registered_version` (0: none),
    `registered_status` and `reason`.

    Example:
        `Registrar(channels, params, "{}").with_id("Registrar")`
    """

    SPEC_CLASS = RegistrarSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
    DRIVER_CLASS = TrainingDriver

    def __init__(
        self, channels: dict[str, types.BaseChannel], params: RegistrarParams, parameters: str
    ) -> None:
        """Declare the node.

        Args:
            channels: Key of each input to its channel; those of `FILES_KEYS` may be missing.
            params: Where the registry is, and what is registered.
            parameters: JSON: dotted name in the configuration to value.
        """
        super().__init__(
            spec=RegistrarSpec(
                registrar_params=params.model_dump_json(),
                parameters=parameters,
                registration=types.Channel(type=simple_artifacts.Metrics),
                **channels,
            )
        )
