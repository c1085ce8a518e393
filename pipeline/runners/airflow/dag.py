"""DAGs from compiled pipelines; runs while Airflow parses DAG files, so it must be quick."""

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from bert_aas.contracts.plain_text import printable
from pipeline.graph.shape.topology import TopologyNode
from pipeline.runners.airflow.commands import (
    FILTERS,
    branch_arguments,
    literal,
    pushes,
    report_url,
    task_arguments,
)
from pipeline.runners.airflow.names import DAG, Asset, Param
from pipeline.runners.airflow.package import Package, read_packages

_ON_DATA = "data"
_BRANCH_RULES: dict[str, dict[str, Any]] = {
    "ConditionsNotMet": {
        "trigger_rule": "none_failed"
    },  # where nothing is pushed, a task is skipped
    "Otherwise": {"retries": 0},  # the command is run once
}
_BRANCH_DOCUMENTATION = (
    "`evaluate.command` for a model that did not meet its conditions: `verdict.passed` in the "
    "run's `evaluation.json` is false. Skipped for a model that did."
)
# Airflow 2 wants one; with `catchup=False` nothing is run for the time since.
_START = datetime(2024, 1, 1, tzinfo=timezone.utc)


def load_dags(folder: Path) -> dict[str, DAG]:
    """Make the DAGs of all pipelines that were compiled into a folder.

    Args:
        folder: The folder; it need not exist.

    Returns:
        DAG id to DAG; Airflow finds DAGs among the global names of a DAG file.

    Raises:
        ValueError: If a pipeline was not written by `bert-aas compile`.
    """
    return {package.topology.name: build_dag(package) for package in read_packages(folder)}


def build_dag(package: Package) -> DAG:
    """Make the DAG of one pipeline: a task per node.

    Args:
        package: The pipeline.

    Returns:
        The DAG.
    """
    options, topology = package.options, package.topology
    on_data = options["schedule"] == _ON_DATA
    dag = DAG(
        dag_id=topology.name,
        description="A BERT text classifier: data, training, evaluation, push",
        schedule=[Asset(package.data_asset)] if on_data else options["schedule"],
        start_date=_START,
        catchup=False,
        # Two runs would train on the same folder of checkpoints and push into the same folder.
        max_active_runs=1,
        max_active_tasks=package.parallel_tasks,
        params={parameter.name: Param(**parameter.schema) for parameter in topology.parameters},
        tags=options["tags"],
        doc_md=_documentation(package),
        user_defined_filters=dict(FILTERS),
    )
    tasks = {node.id: _task(package, node, dag) for node in topology.nodes}
    for upstream, downstream in topology.edges():
        tasks[upstream] >> tasks[downstream]
    if package.has_command:
        _add_branch(package, dag, tasks)
    return dag


def _add_branch(package: Package, dag: DAG, tasks: dict[str, Any]) -> None:
    """Add the else-branch: it follows on the end of the run, also where nothing was pushed."""
    inner = {upstream for upstream, _ in package.topology.edges()}
    before = [task for name, task in tasks.items() if name not in inner]
    for name, arguments in branch_arguments(package).items():
        task = _operator(
            package,
            trains=False,
            task_id=name,
            dag=dag,
            doc_md=_BRANCH_DOCUMENTATION,
            arguments=arguments,
            **_BRANCH_RULES[name],
        )
        for upstream in before:
            upstream >> task
        before = [task]


def _task(package: Package, node: TopologyNode, dag: DAG) -> Any:
    return _operator(
        package,
        trains=node.trains,
        task_id=node.id,
        dag=dag,
        doc_md=_task_documentation(node),
        arguments=task_arguments(package, node),
        outlets=[Asset(package.model_asset)] if pushes(node) else [],
    )


def _operator(package: Package, *, trains: bool, **given: Any) -> Any:
    options = package.options
    arguments = {
        "report_url": report_url(package),
        "retries": options["retries"],
        "retry_delay": timedelta(seconds=options["retry_delay_s"]),
        "execution_timeout": timedelta(
            seconds=options["trainer_timeout_s" if trains else "timeout_s"]
        ),
        "pool": options["trainer_pool"] if trains else "default_pool",
        **given,
    }
    if options["task"] == "kubernetes":
        # The provider takes seconds to import, and need not be installed for processes.
        from pipeline.runners.airflow.pods import NodePodOperator, pod_arguments

        pod = pod_arguments(options["kubernetes"], trains=trains)
        name = f"{package.topology.name}-{given['task_id']}".lower().replace("_", "-")
        return NodePodOperator(name=name, cmds=[literal(options["program"])], **pod, **arguments)
    from pipeline.runners.airflow.operators import NodeOperator

    return NodeOperator(program=options["program"], **arguments)


def _documentation(package: Package) -> str:
    name = package.topology.name
    runs = _code(package.options["report_url"] or "OUTPUT_DIR/runs")
    parameters = "\n".join(
        f"| `{parameter.name}` | `{parameter.key}` | {_code(parameter.default)} |"
        for parameter in package.topology.parameters
    )
    return f"""One task per node of the pipeline `{name}`; each runs `bert-aas node`.

- Reports: {runs}, a folder per run; each task's **Report** button opens its run's.
- Data: {_code(package.data_asset)}
- Pushed models: {_code(package.model_asset)}
- Compiled pipeline: {_code(package.folder)}

| parameter of a run | configuration | default |
| --- | --- | --- |
{parameters}
"""


def _code(value: Any) -> str:
    """Show a value in Markdown as it is, in a table, too."""
    text = printable(value).replace("|", "\\|")
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence, blank = "`" * (longest + 1), " " if "`" in text else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def _task_documentation(node: TopologyNode) -> str:
    artifacts = [("input", node.inputs), ("output", node.outputs)]
    rows = (f"| {way} `{key}` | {kind} |" for way, keys in artifacts for key, kind in keys.items())
    return "\n".join(
        [f"`bert-aas node --node {node.id}`", "", "| | artifact |", "| --- | --- |", *rows]
    )
