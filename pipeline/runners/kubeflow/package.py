"""Write a pipeline of Kubeflow Pipelines 2, a YAML file that its UI and its client take."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kfp import compiler, dsl

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.atomic import write_text
from bert_aas.contracts.files.locations import is_remote
from bert_aas.contracts.plain_text import printable, shell_word
from pipeline.config.kubeflow_params import KubeflowParams
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.compiled import CompiledPipeline
from pipeline.graph.shape.topology import RunParameter
from pipeline.runners.kubeflow.checks import check, is_on_volume
from pipeline.runners.kubeflow.steps import (
    NOT_MET,
    OTHERWISE,
    QUESTION,
    RUN_ID,
    RUN_ID_PLACEHOLDER,
    configure,
    otherwise_component,
    question_component,
    step_component,
)
from pipeline.runners.shared_storage import SQLITE

_SUFFIXES = (".yaml", ".yml")
_TYPES = {"string": str, "integer": int, "number": float, "boolean": bool}


def write_package(compiled: CompiledPipeline, path: Path) -> str:
    """Write a compiled pipeline for Kubeflow Pipelines 2.

    Args:
        compiled: The compiled pipeline.
        path: File to write; its name ends in `.yaml`.

    Returns:
        What to do next, for the user.

    Raises:
        InvalidInputError: If the file has another name, or the steps could not work together.
    """
    if path.suffix not in _SUFFIXES:
        raise InvalidInputError(f"--output is {path}; KFP takes only files named *.yaml")
    check(compiled.config)
    pipeline = dsl.pipeline(_pipeline_function(compiled), name=package_name(compiled.config))
    with tempfile.TemporaryDirectory() as folder:  # KFP writes files of this name only
        compiler.Compiler().compile(pipeline, package_path=f"{folder}/package.yaml")
        write_text(path, Path(folder, "package.yaml").read_text(encoding="utf-8"))
    return _next_steps(compiled.config, path)


def package_name(config: PipelineConfig) -> str:
    """Return the pipeline's name as KFP allows it.

    Args:
        config: The configuration.

    Returns:
        Small letters, digits and dashes.
    """
    return config.name.lower().replace("_", "-")


def _pipeline_function(compiled: CompiledPipeline) -> Callable[..., None]:
    """Return what KFP reads as the definition of a pipeline, typed by its signature."""
    topology = compiled.topology()
    steps = {node.id: step_component(compiled, node.id) for node in topology.nodes}
    names = [parameter.name for parameter in topology.parameters]
    has_command = compiled.config.evaluate.otherwise == "command"
    branch = (question_component(compiled), otherwise_component(compiled)) if has_command else ()

    def pipeline(*channels: Any) -> None:
        inputs = dict(zip(names, channels, strict=True))
        tasks: dict[str, Any] = {}
        for node in topology.nodes:
            task = steps[node.id](**inputs, **{RUN_ID: RUN_ID_PLACEHOLDER})
            task.after(*(tasks[upstream] for upstream in node.upstream))
            configure(task, node.id, compiled.config.kubeflow)
            tasks[node.id] = task
        if branch:
            inner = {upstream for upstream, _ in topology.edges()}
            ends = [task for name, task in tasks.items() if name not in inner]
            _add_branch(branch, inputs, ends, compiled.config.kubeflow)

    pipeline.__doc__ = _description(topology.parameters)
    pipeline.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [_parameter(parameter) for parameter in topology.parameters]
    )
    return pipeline


def _add_branch(
    branch: Sequence[Any], inputs: Mapping[str, Any], ends: Sequence[Any], params: KubeflowParams
) -> None:
    """Let `evaluate.command` run after the last nodes if the conditions were not met."""
    question, otherwise = branch
    asked = question(**inputs, **{RUN_ID: RUN_ID_PLACEHOLDER}).after(*ends)
    configure(asked, QUESTION, params)
    with dsl.If(asked.outputs[NOT_MET] == "true", name=NOT_MET):
        task = otherwise(**inputs, **{RUN_ID: RUN_ID_PLACEHOLDER})
        configure(task, OTHERWISE, params)


def _parameter(parameter: RunParameter) -> inspect.Parameter:
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=parameter.default,
        annotation=_TYPES[parameter.schema["type"]],
    )


def _description(parameters: Sequence[RunParameter]) -> str:
    """Write a docstring: KFP's form shows what it says about the parameters."""
    lines = ["Fine-tune, evaluate and push a BERT text classifier.", "", "Args:"]
    lines += [f"    {parameter.name}: {_meaning(parameter)}" for parameter in parameters]
    return "\n".join(lines)


def _meaning(parameter: RunParameter) -> str:
    meaning = parameter.schema.get("description", parameter.schema.get("title", ""))
    return f"{meaning} (`{parameter.key}`)"


def _next_steps(config: PipelineConfig, path: Path) -> str:
    lines = [
        f"wrote {printable(path)}",
        *(f"note: {note}" for note in _notes(config)),
        "",
        "Upload it in the UI of Kubeflow Pipelines (Pipelines, Upload pipeline), or run it:",
        f"  kfp --endpoint URL run create --experiment-name {package_name(config)} "
        f"--package-file {shell_word(path)}",
    ]
    return "\n".join(lines) + "\n"


def _notes(config: PipelineConfig) -> list[str]:
    notes = [
        (f"`{key}` is {location}, which is not on the volume: the image must contain it{otherwise}")
        for key, location, otherwise in (
            ("data.path", config.data.path, ", or a run must set data_path"),
            ("validate.schema_path", config.validate_data.schema_path, ""),
            ("train.teacher", config.train.teacher, ""),
        )
        if location and not is_remote(location) and not is_on_volume(location, config.kubeflow)
    ]
    url = config.metadata.url
    if url is None or url.startswith(SQLITE):
        notes.append("the metadata are a SQLite file on the volume: start one run at a time")
    return notes
