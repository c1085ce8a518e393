"""InfraValidator: TFX's component, trying the model in a server process on this machine."""

from tfx.components.infra_validator.component import InfraValidator
from tfx.dsl.components.base import executor_spec

from components.infra_validator.executor import Executor


class LocalInfraValidator(InfraValidator):
    """Load the model in a real server, send it real rows, bless it if all are answered.

    Inputs and outputs are those of TFX's InfraValidator.
    """

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
