"""Stands for the backend of Kubeflow Pipelines 2: walks a package and runs its steps as processes.

What it does follows KFP's driver (inputs, outputs, the id of the run) and launcher (placeholders,
folders, the executor's output) of release 2.4; KFP's own SDK reads the package. A step sees what
its specification declares: its command, its environment, the volume it mounts, an empty folder.
"""

import re
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp import components
from kfp.kubernetes import kubernetes_executor_config_pb2
from kfp.pipeline_spec import pipeline_spec_pb2

RUN_ID_PLACEHOLDER = "{{$.pipeline_job_uuid}}"
TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Cluster:
    """What a cluster has beside the package.

    Attributes:
        folder: Where the steps' own folders and KFP's artifacts are made.
        search_path: The `PATH` in the image.
        claims: Name of a volume's claim to the folder that stands for the volume.
        secrets: Name of a secret to its keys and values.
    """

    folder: Path
    search_path: str
    claims: Mapping[str, Path]
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A step that has ended.

    Attributes:
        returncode: Its exit code.
        printed: Its standard output.
        logged: Its standard error.
        artifacts: Name to KFP's artifact, with what the step noted about it.
        parameters: Name to what it wrote as an output parameter.
    """

    returncode: int
    printed: str
    logged: str
    artifacts: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=dict)


class Package:
    """A package, as KFP's SDK reads it."""

    def __init__(self, path: Path) -> None:
        component = components.load_component_from_file(str(path))
        self.spec: Any = component.pipeline_spec
        self.deployment = pipeline_spec_pb2.PipelineDeploymentConfig()
        json_format.ParseDict(json_format.MessageToDict(self.spec.deployment_spec), self.deployment)
        self._platform = component.platform_spec.platforms["kubernetes"].deployment_spec

    @property
    def tasks(self) -> Any:
        """Name to step."""
        return self.spec.root.dag.tasks

    def component(self, task: Any) -> Any:
        """The component of a step."""
        return self.spec.components[task.component_ref.name]

    def container(self, task: Any) -> Any:
        """The container of a step."""
        return self.deployment.executors[self.component(task).executor_label].container

    def kubernetes(self, task: Any) -> Any:
        """What a step asks of Kubernetes alone."""
        config = kubernetes_executor_config_pb2.KubernetesExecutorConfig()
        given = self._platform.executors[self.component(task).executor_label]
        return json_format.ParseDict(json_format.MessageToDict(given), config)

    def parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters of a run: what the form was given, the defaults else."""
        known = self.spec.root.input_definitions.parameters
        assert set(given) <= set(known), f"no parameter of the pipeline: {set(given) - set(known)}"
        values = {
            name: json_format.MessageToDict(spec.default_value) for name, spec in known.items()
        }
        return {**values, **given}


def run_package(package: Package, cluster: Cluster, **given: Any) -> tuple[str, dict[str, Step]]:
    """Run all steps, or those up to the first that fails.

    Args:
        package: What to run.
        cluster: Where.
        **given: Parameters of the run.

    Returns:
        The id of the run, and display name to step.
    """
    run_id = str(uuid.uuid4())
    steps: dict[str, Step] = {}
    _run_tasks(package, package.tasks, cluster, (run_id, package.parameters(given)), steps)
    return run_id, steps


def _run_tasks(
    package: Package,
    tasks: Any,
    cluster: Cluster,
    run: tuple[str, Mapping[str, Any]],
    steps: dict[str, Step],
) -> None:
    """Run a graph, and the graphs in it whose condition holds, as KFP's driver decides."""
    written: dict[str, Mapping[str, str]] = {}
    for name in ordered(tasks):
        task, component = tasks[name], package.component(tasks[name])
        inputs = _inputs(task, *run, written)
        if not _is_triggered(task, inputs):
            continue
        if component.HasField("dag"):
            _run_tasks(package, component.dag.tasks, cluster, (run[0], inputs), steps)
            continue
        step = _run_step(package, task, cluster, (run[0], inputs))
        steps[task.task_info.name], written[name] = step, step.parameters
        if step.returncode:
            break


def _is_triggered(task: Any, inputs: Mapping[str, Any]) -> bool:
    """Evaluate the one form of KFP's conditions that a package of ours has."""
    condition = task.trigger_policy.condition
    if not condition:
        return True
    found = re.fullmatch(r"inputs\.parameter_values\['([^']+)'\] == '([^']*)'", condition)
    assert found, condition
    return bool(inputs[found[1]] == found[2])


def ordered(tasks: Any) -> list[str]:
    """The names of steps, each one after those it depends on."""
    done: list[str] = []
    while len(done) < len(tasks):
        ready = [
            name
            for name, task in tasks.items()
            if name not in done and set(task.dependent_tasks) <= set(done)
        ]
        assert ready, "the steps wait for each other"
        done += sorted(ready)
    return done


def _run_step(
    package: Package, task: Any, cluster: Cluster, run: tuple[str, Mapping[str, Any]]
) -> Step:
    assert not task.caching_options.enable_cache
    folder = cluster.folder / run[0] / task.task_info.name
    work = folder / "work"
    work.mkdir(parents=True)
    executor_input = _executor_input(package.component(task), run[1], folder)
    container = package.container(task)
    command = [_fill_in(word, executor_input) for word in (*container.command, *container.args)]
    done = subprocess.run(
        command,
        cwd=work,
        env=_environment(container, package.kubernetes(task), cluster, folder),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    artifacts = {} if done.returncode else _artifacts(executor_input)
    files = {name: Path(told.output_file) for name, told in _told(executor_input).items()}
    parameters = {name: file.read_text() for name, file in files.items() if file.exists()}
    return Step(done.returncode, done.stdout, done.stderr, artifacts, parameters)


def _told(executor_input: Any) -> Mapping[str, Any]:
    parameters: Mapping[str, Any] = executor_input.outputs.parameters
    return parameters


def _inputs(
    task: Any,
    run_id: str,
    parameters: Mapping[str, Any],
    written: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    values = {}
    for name, source in task.inputs.parameters.items():
        if source.WhichOneof("kind") == "task_output_parameter":
            made = source.task_output_parameter
            values[name] = written[made.producer_task][made.output_parameter_key]
        elif source.WhichOneof("kind") == "component_input_parameter":
            values[name] = parameters[source.component_input_parameter]
        else:
            constant: Any = json_format.MessageToDict(source.runtime_value.constant)
            values[name] = run_id if constant == RUN_ID_PLACEHOLDER else constant
    return values


def _executor_input(component: Any, inputs: Mapping[str, Any], folder: Path) -> Any:
    declared = set(component.input_definitions.parameters)
    assert set(inputs) == declared, "a step gets what its component declares, no more, no less"
    outputs = {
        name: {
            "artifacts": [
                {
                    "type": json_format.MessageToDict(spec.artifact_type),
                    "uri": str(folder / "artifacts" / name),
                    "metadata": {},
                }
            ]
        }
        for name, spec in component.output_definitions.artifacts.items()
    }
    (folder / "artifacts").mkdir()
    written = {
        name: {"outputFile": str(folder / "parameters" / name)}
        for name in component.output_definitions.parameters
    }
    told = {"artifacts": outputs, "parameters": written}
    return json_format.ParseDict(
        {
            "inputs": {"parameterValues": dict(inputs)},
            "outputs": {**told, "outputFile": str(folder / "output_metadata.json")},
        },
        pipeline_spec_pb2.ExecutorInput(),
    )


def _fill_in(word: str, executor_input: Any) -> str:
    """Replace placeholders wherever they stand in a word of the command."""
    values = json_format.MessageToDict(executor_input.inputs)["parameterValues"]
    placeholders = {f"{{{{$.inputs.parameters['{name}']}}}}": v for name, v in values.items()}
    for name, told in _told(executor_input).items():
        placeholders[f"{{{{$.outputs.parameters['{name}'].output_file}}}}"] = told.output_file
    for placeholder, value in placeholders.items():
        word = word.replace(placeholder, _text(value))
    word = word.replace("{{$}}", json_format.MessageToJson(executor_input, indent=None))
    assert not re.search(r"\{\{\$\.(inputs|outputs)", word), f"{word} names nothing the step has"
    return word


def _text(value: Any) -> str:
    """Write a value as Go's strconv.FormatFloat(value, 'f', -1, 64) does: without exponents."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = format(Decimal(repr(float(value))), "f")
    return text.removesuffix(".0")


def _environment(container: Any, asked: Any, cluster: Cluster, folder: Path) -> dict[str, str]:
    for mount in asked.pvc_mount:
        volume = cluster.claims[mount.constant]
        assert Path(mount.mount_path) == volume, "here, a volume can only be seen where it lies"
    home = folder / "home"
    home.mkdir()
    environment = {"PATH": cluster.search_path, "HOME": str(home)}
    environment.update({variable.name: variable.value for variable in container.env})
    for secret in asked.secret_as_env:
        for entry in secret.key_to_env:
            environment[entry.env_var] = cluster.secrets[secret.secret_name][entry.secret_key]
    return environment


def _artifacts(executor_input: Any) -> dict[str, Any]:
    """Merge what the step noted into the artifacts that it was told to write."""
    note = pipeline_spec_pb2.ExecutorOutput()
    path = Path(executor_input.outputs.output_file)
    if path.exists():
        json_format.Parse(path.read_text(encoding="utf-8"), note)
    artifacts = {}
    for name, listed in executor_input.outputs.artifacts.items():
        artifact = listed.artifacts[0]
        for told in note.artifacts[name].artifacts:
            artifact.uri = told.uri or artifact.uri
            artifact.metadata.MergeFrom(told.metadata)
        artifacts[name] = artifact
    return artifacts
