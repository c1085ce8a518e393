"""InfraValidator: TFX's contract, trying the model in a server process on this machine."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import infra_validator_pb2
from tfx.types import standard_artifacts
from tfx.types.standard_component_specs import InfraValidatorSpec

from components.infra_validator.executor import Executor


class LocalInfraValidator(base_component.BaseComponent):
    """Load the model in a real server, send it real rows, bless it if all are answered.

    Inputs, outputs and parameters are those of TFX's InfraValidator. It is no subclass of it: TFX
    refuses to compile that one for Vertex AI, where it could start neither Docker nor Kubernetes.
    """

    SPEC_CLASS = InfraValidatorSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: types.BaseChannel,
        examples: types.BaseChannel,
        serving_spec: infra_validator_pb2.ServingSpec,
        validation_spec: infra_validator_pb2.ValidationSpec,
        request_spec: infra_validator_pb2.RequestSpec,
    ) -> None:
        """Describe the node.

        Args:
            model: Channel of the `Model` to try.
            examples: Channel of `Examples`, whose rows are sent.
            serving_spec: Name of the model, and which server is meant.
            validation_spec: How often it is tried and how long a load may take.
            request_spec: How many rows of which split are sent to which signature.
        """
        super().__init__(
            spec=InfraValidatorSpec(
                model=model,
                examples=examples,
                blessing=types.Channel(type=standard_artifacts.InfraBlessing),
                serving_spec=serving_spec,
                validation_spec=validation_spec,
                request_spec=request_spec,
            )
        )
