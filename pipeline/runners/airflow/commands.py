"""The command of each task, with Airflow's templates in it. Standard library only."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from bert_aas.contracts.exit_codes import EXIT_NOT_PUSHED
from pipeline.graph.shape.topology import TopologyNode
from pipeline.nodes.node_command import (
    NodeCall,
    condition_arguments,
    node_arguments,
    otherwise_arguments,
)
from pipeline.runners.airflow.package import Package

RUN_NAME = "{{ dag.dag_id }}.{{ run_id | bert_aas_name }}"
"""Unique where several DAGs share the metadata; Airflow's run ids are only unique within one."""

_EVALUATOR = "Evaluator"
_PUSHED_MODEL = "PushedModel"


def safe_name(run_id: str) -> str:
    """Make a run id usable as the name of a folder.

    Args:
        run_id: Airflow's, such as `manual__2026-01-31T12:00:00+00:00`.

    Returns:
        The same with a dash for what is not a letter, a digit or one of `_.-`.
    """
    return re.sub(r"[^A-Za-z0-9_.-]", "-", run_id)


def setting_text(value: Any) -> str:
    """Write a parameter's value for `--set`, which reads YAML.

    Args:
        value: As Airflow has it.

    Returns:
        JSON, which is YAML: a folder may be called 2026.
    """
    return json.dumps(value, ensure_ascii=False)


FILTERS: Mapping[str, Callable[..., str]] = {
    "bert_aas_name": safe_name,
    "bert_aas_setting": setting_text,
}
"""What the templates below call; a DAG has them as `user_defined_filters`."""


def literal(text: str) -> str:
    """Write a text so that Airflow's templates give it back: a folder may be called `{{x}}`.

    Args:
        text: A path, for instance.

    Returns:
        A template of the text.
    """
    return text.replace("{", "{{ '{' }}")


def pushes(node: TopologyNode) -> bool:
    """Tell whether a node is the one that pushes models."""
    return _PUSHED_MODEL in node.outputs.values()


def task_arguments(package: Package, node: TopologyNode) -> list[str]:
    """Spell the call of a node out, for every kind of task.

    Args:
        package: The pipeline.
        node: One of its nodes.

    Returns:
        The arguments of the program; templates in them are rendered when the task starts.
    """
    code = EXIT_NOT_PUSHED if pushes(node) else None
    return node_arguments(replace(_call(package, node.id), not_pushed_exit_code=code))


def branch_arguments(package: Package) -> dict[str, list[str]]:
    """Spell the else-branch out.

    Args:
        package: The pipeline.

    Returns:
        Id of a task to the arguments of the program, in the order of the tasks. The first one asks
        whether the model did not meet its conditions, and ends with the code of what is skipped if
        it did.
    """
    call = _call(package, _EVALUATOR)
    return {
        "ConditionsNotMet": condition_arguments(call),
        "Otherwise": otherwise_arguments(call),
    }


def _call(package: Package, node_id: str) -> NodeCall:
    return NodeCall(
        node_id=node_id,
        ir=literal(package.ir(node_id)),
        run_id=RUN_NAME,
        parameters={
            parameter.key: f"{{{{ params.{parameter.name} | bert_aas_setting }}}}"
            for parameter in package.topology.parameters
        },
        report_dir=report_dir(),
    )


def report_dir() -> str:
    """Return the template of the folder of a run's report."""
    return f"{{{{ params.output_dir }}}}/runs/{RUN_NAME}"


def report_url(package: Package) -> str:
    """Return the template of the address of a run's report.

    Args:
        package: The pipeline.

    Returns:
        Below the configured address, else in the folder itself.
    """
    base = package.options["report_url"]
    folder = f"{base.rstrip('/')}/{RUN_NAME}" if base else report_dir()
    return str(f"{folder}/report.html")


def openable(url: str) -> str:
    """Turn a path into an address; an address stays as it is."""
    return PurePosixPath(url).as_uri() if url.startswith("/") else url
