"""Load a node's executor when it runs, not before: a node from the cache never needs it."""

from typing import Any

from google.protobuf import message
from tfx.orchestration.portable import (
    base_executor_operator,
    data_types,
    python_executor_operator,
)
from tfx.proto.orchestration import executable_spec_pb2, execution_result_pb2

from pipeline.nodes.beam_operator import BeamOperator, beam_operators


class _LateOperator(base_executor_operator.BaseExecutorOperator):
    """Make TFX's own operator, which imports the executor, only to run it."""

    SUPPORTED_PLATFORM_CONFIG_TYPE: list[Any] = []  # noqa: RUF012 - TFX reads this class attribute
    OPERATOR: Any

    def __init__(
        self, executor_spec: message.Message, platform_config: message.Message | None = None
    ) -> None:
        super().__init__(executor_spec, platform_config)

    def run_executor(
        self, execution_info: data_types.ExecutionInfo
    ) -> execution_result_pb2.ExecutorOutput:
        """Run the executor.

        Args:
            execution_info: Inputs, outputs and exec properties.

        Returns:
            What TFX's operator returns.
        """
        operator = self.OPERATOR(self._executor_spec, self._platform_config)
        if self._execution_watcher_address:
            operator.with_execution_watcher(self._execution_watcher_address)
        return operator.run_executor(execution_info)


class LateBeamOperator(_LateOperator):
    """For executors that run on Beam."""

    SUPPORTED_EXECUTOR_SPEC_TYPE = [executable_spec_pb2.BeamExecutableSpec]  # noqa: RUF012
    OPERATOR = BeamOperator


class LatePythonOperator(_LateOperator):
    """For all other executors."""

    SUPPORTED_EXECUTOR_SPEC_TYPE = [executable_spec_pb2.PythonClassExecutableSpec]  # noqa: RUF012
    OPERATOR = python_executor_operator.PythonExecutorOperator


def late_operators(spec: message.Message | None) -> dict[Any, Any]:
    """Return the operators of a node.

    Args:
        spec: The executor's specification, with Beam's arguments; resolvers have none.

    Returns:
        For the launcher's `custom_executor_operators`.
    """
    return {
        executable_spec_pb2.PythonClassExecutableSpec: LatePythonOperator,
        **beam_operators(spec, LateBeamOperator),
    }
