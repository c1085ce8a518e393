"""One container step per node: its command, its resources, what is mounted and set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from kfp import components, kubernetes

from pipeline.config.kubeflow_params import KubeflowParams, TrainerStepResources
from pipeline.graph.catalogue.order import entry_of
from pipeline.graph.compiled import CompiledPipeline, encode_node
from pipeline.nodes.node_command import NodeCall, node_arguments

if TYPE_CHECKING:
    from kfp import dsl

RUN_ID = "run_id"
RUN_ID_PLACEHOLDER = "{{$.pipeline_job_uuid}}"
"""The backend replaces it only where it is the whole value of a step's input."""

_EXECUTOR_INPUT = "{{$}}"
_TYPES = {"string": "String", "integer": "Integer", "number": "Float", "boolean": "Boolean"}


def step_component(compiled: CompiledPipeline, node_id: str) -> Any:
    """Describe the step of a node.

    Args:
        compiled: The compiled pipeline.
        node_id: Id of the node.

    Returns:
        KFP's component; its inputs are the run's parameters and the run's id.
    """
    parameters = compiled.topology().parameters
    inputs = {parameter.name: _TYPES[parameter.schema["type"]] for parameter in parameters}
    definition = {
        "name": node_id,
        "inputs": [
            {"name": name, "type": kind} for name, kind in {**inputs, RUN_ID: "String"}.items()
        ],
        "outputs": [
            {"name": name, "type": kind}
            for name, kind in entry_of(node_id).kubeflow_outputs.items()
        ],
        "implementation": {
            "container": {
                "image": compiled.config.kubeflow.image,
                "command": ["bert-aas"],
                "args": _arguments(compiled, node_id),
            }
        },
    }
    return components.load_component_from_text(yaml.safe_dump(definition))


def _arguments(compiled: CompiledPipeline, node_id: str) -> list[str]:
    parameters = compiled.topology().parameters
    call = NodeCall(
        node_id=node_id,
        ir=encode_node(compiled, node_id),
        run_id=_value(RUN_ID),
        parameters={parameter.key: _value(parameter.name) for parameter in parameters},
        # Beside KFP's own artifacts, so that there is a report of a failed run, too.
        report_dir=f"{_value('output_dir')}/runs/{_value(RUN_ID)}",
    )
    return [*node_arguments(call), "--executor-input", _EXECUTOR_INPUT]


def _value(name: str) -> str:
    return f"{{{{$.inputs.parameters['{name}']}}}}"


def configure(task: dsl.PipelineTask, node_id: str, params: KubeflowParams) -> None:
    """Give a step its name, resources, retries, volume and environment.

    Args:
        task: The step in the pipeline; it is changed.
        node_id: Id of the node.
        params: The section `kubeflow`.
    """
    task.set_display_name(node_id)
    task.set_caching_options(False)  # TFX decides what is cached, as in all runners
    if params.retries:
        delay = f"{params.retry_delay_s}s"
        task.set_retry(params.retries, backoff_duration=delay, backoff_factor=1.0)
    trains = entry_of(node_id).trains
    resources = params.trainer_resources if trains else params.resources
    task.set_cpu_request(resources.cpu)
    task.set_memory_request(resources.memory)
    task.set_memory_limit(resources.memory)
    if trains:
        _set_accelerators(task, params.trainer_resources)
    _set_storage_and_environment(task, params)


def _set_accelerators(task: dsl.PipelineTask, resources: TrainerStepResources) -> None:
    if resources.accelerators:
        task.set_accelerator_type(resources.accelerator_type)
        task.set_accelerator_limit(resources.accelerators)
    for label, value in resources.node_selector.items():
        kubernetes.add_node_selector(task, label_key=label, label_value=value)


def _set_storage_and_environment(task: dsl.PipelineTask, params: KubeflowParams) -> None:
    if params.volume_claim is not None:
        kubernetes.mount_pvc(task, pvc_name=params.volume_claim, mount_path=params.mount_path)
    # In a step, KFP's package then leaves its client out, which takes two seconds to import.
    task.set_env_variable("_KFP_RUNTIME", "true")
    for name, value in params.env.items():
        task.set_env_variable(name, value)
    for name, location in params.secrets.items():
        secret, _, key = location.partition("/")
        kubernetes.use_secret_as_env(task, secret_name=secret, secret_key_to_env={key: name})
