"""Run a Beam node: Beam's arguments stay out of the cache key, and a failure is one sentence.

TFX hashes the whole executor specification, Beam's arguments included: another number of workers,
or a job service's new address, would make every data node, and so the training, run again.
"""

import re
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import Message
from tfx.orchestration.portable.beam_executor_operator import BeamExecutorOperator
from tfx.proto.orchestration import executable_spec_pb2

from bert_aas.contracts.errors import UnavailableError
from pipeline.errors import PipelineError

_ARGUMENTS = ("beam_pipeline_args", "beam_pipeline_args_placeholders")
_ENDPOINT = "--job_endpoint="
_TRACEBACK = "Traceback (most recent call last)"
_RPC_DETAILS = re.compile(r'^\s*details = "(.+)"$', re.MULTILINE)
_EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*: .+$", re.MULTILINE)


def without_beam_arguments(spec: Message | None) -> Message | None:
    """Return the part of an executor specification that decides what a node makes.

    Args:
        spec: The specification of any executor; it is not changed. Resolvers have none.

    Returns:
        What TFX's launcher may hash.
    """
    if not isinstance(spec, executable_spec_pb2.BeamExecutableSpec):
        return spec
    bare: Message = executable_spec_pb2.BeamExecutableSpec()
    bare.CopyFrom(spec)
    for field in _ARGUMENTS:
        bare.ClearField(field)
    return bare


def beam_operators(
    spec: Message | None, make: Callable[[Any, Message | None], Any]
) -> dict[type[Message], Callable[..., Any]]:
    """Return the operator that gives Beam its arguments after all.

    Args:
        spec: The specification with the arguments.
        make: Makes an operator, such as `BeamOperator`, of a specification and a platform's
            configuration.

    Returns:
        For the launcher's `custom_executor_operators`.
    """

    def operator(executor_spec: Message, platform_config: Message | None = None) -> Any:
        del executor_spec  # the launcher's own is `without_beam_arguments`
        return make(spec, platform_config)

    return {executable_spec_pb2.BeamExecutableSpec: operator}


class BeamOperator(BeamExecutorOperator):
    """TFX's operator, except that a failed job is told in one sentence."""

    def run_executor(self, execution_info: Any, make_beam_pipeline_fn: Any = None) -> Any:
        """Run the executor.

        Args:
            execution_info: The execution's inputs, outputs and properties.
            make_beam_pipeline_fn: Makes a Beam pipeline; `None` takes the arguments.

        Returns:
            The executor's output.

        Raises:
            UnavailableError: If no job service answers at the configured address.
            PipelineError: If a worker in another process failed.
            RuntimeError: If Beam failed in this process.
        """
        try:
            return super().run_executor(execution_info, make_beam_pipeline_fn)
        except grpc.FutureTimeoutError as exc:
            raise UnavailableError(
                f"no Beam job service answers at {self._endpoint()} (`beam.options.job_endpoint`)"
            ) from exc
        except RuntimeError as exc:
            if _TRACEBACK not in str(exc):
                raise
            raise PipelineError(f"a Beam job failed: {innermost_error(str(exc))}") from exc

    def _endpoint(self) -> str:
        given = [argument for argument in self.beam_pipeline_args if argument.startswith(_ENDPOINT)]
        return given[-1].removeprefix(_ENDPOINT) if given else "its default address"


def innermost_error(text: str) -> str:
    """Find the reason in what Beam says of a job that failed in other processes.

    Args:
        text: A message with tracebacks in it.

    Returns:
        One line: the details of the last failed call between processes, else the last exception
        with its message.
    """
    for pattern in (_RPC_DETAILS, _EXCEPTION):
        found: list[str] = pattern.findall(text)
        if found:
            return found[-1].strip()
    return text.strip().splitlines()[-1].strip()
