"""One container step per node: its command, its resources, what is mounted and set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import yaml
from kfp import components, kubernetes

from pipeline.config.kubeflow_params import KubeflowParams, TrainerStepResources
from pipeline.graph.catalogue.order import entry_of
from pipeline.graph.compiled import CompiledPipeline, encode_node
from pipeline.nodes.node_command import (
    NodeCall,
    condition_arguments,
    node_arguments,
    otherwise_arguments,
)

if TYPE_CHECKING:
    from kfp import dsl

RUN_ID = "run_id"
RUN_ID_PLACEHOLDER = "{{$.pipeline_job_uuid}}"
"""The backend replaces it only where it is the whole value of a step's input."""

QUESTION, OTHERWISE = "ConditionsNotMet", "Otherwise"
NOT_MET = "not_met"
"""The output of the step that asks; text, since KFP compares texts and numbers alone."""

_EVALUATOR = "Evaluator"
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
    outputs = entry_of(node_id).kubeflow_outputs
    arguments = [*node_arguments(_call(compiled, node_id)), "--executor-input", _EXECUTOR_INPUT]
    return _component(compiled, node_id, outputs, arguments)


def question_component(compiled: CompiledPipeline) -> Any:
    """Describe the step that asks whether the model did not meet its conditions.

    Args:
        compiled: The compiled pipeline.

    Returns:
        KFP's component, with the parameter `NOT_MET`: the text `true` or `false`.
    """
    asked = condition_arguments(_call(compiled, _EVALUATOR))
    told = ["--else-exit-code", "0", "--output", {"outputPath": NOT_MET}]
    return _component(compiled, QUESTION, {NOT_MET: "String"}, [*asked, *told])


def otherwise_component(compiled: CompiledPipeline) -> Any:
    """Describe the step that runs `evaluate.command`.

    Args:
        compiled: The compiled pipeline.

    Returns:
        KFP's component.
    """
    return _component(compiled, OTHERWISE, {}, otherwise_arguments(_call(compiled, _EVALUATOR)))


def _component(
    compiled: CompiledPipeline, name: str, outputs: Mapping[str, str], arguments: Sequence[Any]
) -> Any:
    parameters = compiled.topology().parameters
    inputs = {parameter.name: _TYPES[parameter.schema["type"]] for parameter in parameters}
    given = {**inputs, RUN_ID: "String"}
    definition = {
        "name": name,
        "inputs": [{"name": key, "type": kind} for key, kind in given.items()],
        "outputs": [{"name": key, "type": kind} for key, kind in outputs.items()],
        "implementation": {
            "container": {
                "image": compiled.config.kubeflow.image,
                "command": ["bert-aas"],
                "args": list(arguments),
            }
        },
    }
    return components.load_component_from_text(yaml.safe_dump(definition))


def _call(compiled: CompiledPipeline, node_id: str) -> NodeCall:
    parameters = compiled.topology().parameters
    return NodeCall(
        node_id=node_id,
        ir=encode_node(compiled, node_id),
        run_id=_value(RUN_ID),
        parameters={parameter.key: _value(parameter.name) for parameter in parameters},
        # Beside KFP's own artifacts, so that there is a report of a failed run, too.
        report_dir=f"{_value('output_dir')}/runs/{_value(RUN_ID)}",
    )


def _value(name: str) -> str:
    return f"{{{{$.inputs.parameters['{name}']}}}}"


def configure(task: dsl.PipelineTask, name: str, params: KubeflowParams) -> None:
    """Give a step its name, resources, retries, volume and environment.

    Args:
        task: The step in the pipeline; it is changed.
        name: Id of the node, or the name of a step of the else-branch. The command is run once.
        params: The section `kubeflow`.
    """
    task.set_display_name(name)
    task.set_caching_options(False)  # TFX decides what is cached, as in all runners
    if params.retries and name != OTHERWISE:
        delay = f"{params.retry_delay_s}s"
        task.set_retry(params.retries, backoff_duration=delay, backoff_factor=1.0)
    trains = name not in {QUESTION, OTHERWISE} and entry_of(name).trains
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
