"""Beam's arguments: not in the cache key, yet given to Beam; and failed jobs in one sentence."""

import re
import socket
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from tfx.components.statistics_gen.component import StatisticsGen
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.orchestration.local import runner_utils
from tfx.orchestration.pipeline import Pipeline
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto.orchestration import executable_spec_pb2
from tfx.types import channel_utils, standard_artifacts

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.beam_params import BeamParams
from pipeline.errors import PipelineError
from pipeline.graph.compiling import compile_pipeline
from pipeline.nodes.beam_operator import (
    BeamOperator,
    beam_operators,
    innermost_error,
    without_beam_arguments,
)

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

RPC_FAILURE = """Pipeline job-1 failed in state FAILED: Error running pipeline.
Traceback (most recent call last):
  File "worker_handlers.py", line 626, in start_worker
    response = stub.StartWorker(
grpc._channel._InactiveRpcError: <_InactiveRpcError of RPC that terminated with:
\tstatus = StatusCode.UNAVAILABLE
\tdetails = "failed to connect to all addresses: ipv4:127.0.0.1:2"
\tdebug_error_string = "UNKNOWN:Error received from peer"
>"""
WORKER_FAILURE = """Traceback (most recent call last):
  File "common.py", line 1, in process
ValueError: first

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "sdk_worker.py", line 2, in _execute
tensorflow.errors.NotFoundError: Op type not registered [while running 'Transform']
"""


class Divide(BaseBeamExecutor):
    """Divides by zero in a worker."""

    def Do(self, input_dict: Any, output_dict: Any, exec_properties: Any) -> None:  # noqa: N802
        with self._make_beam_pipeline() as pipeline:
            _ = pipeline | beam.Create([0]) | beam.Map(divide)


def divide(number: int) -> float:
    return 1 / number


def compiled_spec(*arguments: str) -> executable_spec_pb2.BeamExecutableSpec:
    """The executor specification of a Beam node as TFX compiles it."""
    examples = channel_utils.as_channel([standard_artifacts.Examples()])
    node = StatisticsGen(examples=examples)
    ir = compile_pipeline(
        Pipeline("one-node", "/root", components=[node], beam_pipeline_args=list(arguments))
    )
    deployment = runner_utils.extract_local_deployment_config(ir)
    return runner_utils.extract_executor_spec(deployment, "StatisticsGen")


def run_divide(params: BeamParams, folder: Path) -> None:
    """Run the executor above as TFX's launcher does."""
    spec = executable_spec_pb2.BeamExecutableSpec()
    spec.python_executor_spec.class_path = f"{__name__}.Divide"
    for argument in params.arguments():
        spec.beam_pipeline_args_placeholders.add().value.string_value = argument
    BeamOperator(spec).run_executor(
        ExecutionInfo(
            execution_id=1,
            input_dict={},
            output_dict={},
            exec_properties={},
            execution_output_uri=str(folder / "output"),
            stateful_working_dir=str(folder),
            tmp_dir=str(folder),
        )
    )


def test_the_number_of_workers_is_not_hashed() -> None:
    one, two = compiled_spec("--direct_num_workers=1"), compiled_spec("--direct_num_workers=2")
    assert one != two
    assert without_beam_arguments(one) == without_beam_arguments(two) == compiled_spec()


def test_the_specification_keeps_its_arguments() -> None:
    spec = compiled_spec("--direct_num_workers=2")
    without_beam_arguments(spec)
    assert list(spec.beam_pipeline_args) == ["--direct_num_workers=2"]


def test_other_executors_are_hashed_as_they_are() -> None:
    spec = executable_spec_pb2.PythonClassExecutableSpec(class_path="a.B")
    assert without_beam_arguments(spec) is spec
    assert without_beam_arguments(None) is None


def test_beam_gets_the_arguments() -> None:
    spec = compiled_spec("--direct_num_workers=2")
    bare = without_beam_arguments(spec)
    assert bare is not None
    operators = beam_operators(spec, BeamOperator)
    operator = operators[type(bare)](executor_spec=bare, platform_config=None)
    assert operator.beam_pipeline_args == list(spec.beam_pipeline_args_placeholders)
    assert len(operator.beam_pipeline_args) == 1


def test_a_failure_in_this_process_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError, match="division by zero"):
        run_divide(BeamParams(), tmp_path)


def test_a_failure_of_a_worker_process_is_one_sentence(tmp_path: Path) -> None:
    params = BeamParams(options={"direct_num_workers": 2})
    with pytest.raises(PipelineError, match="ZeroDivisionError: division by zero") as failed:
        run_divide(params, tmp_path)
    assert str(failed.value).startswith("a Beam job failed: ZeroDivisionError")
    assert "\n" not in str(failed.value)


def test_a_job_service_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("localhost", 0))  # nobody listens
        address = f"localhost:{closed.getsockname()[1]}"
        options: dict[str, str | int] = {"job_endpoint": address, "job_server_timeout": 1}
        params = BeamParams(
            runner="PortableRunner", options={**options, "environment_type": "LOOPBACK"}
        )
        sentence = f"no Beam job service answers at {address} (`beam.options.job_endpoint`)"
        with pytest.raises(InvalidInputError, match=f"^{re.escape(sentence)}$"):
            run_divide(params, tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (RPC_FAILURE, "failed to connect to all addresses: ipv4:127.0.0.1:2"),
        (
            WORKER_FAILURE,
            "tensorflow.errors.NotFoundError: Op type not registered [while running 'Transform']",
        ),
        ("Traceback (most recent call last)\n  the end\n", "the end"),
    ],
)
def test_the_innermost_error(text: str, reason: str) -> None:
    assert innermost_error(text) == reason
