"""Read the DAG file in Airflow's environment and print what came out, as JSON.

Usage, with $BERT_AAS_PIPELINES set:
.venv-airflow/bin/python -m tests.dags.probe dags/bert_aas_dags.py
"""

import json
import resource
import runpy
import sys
from pathlib import Path
from typing import Any

# What DAG files need of Airflow and its provider for pods: not counted.
from airflow.models import DagBag  # noqa: F401
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator  # noqa: F401
from airflow.providers.common.compat.sdk import (  # noqa: F401
    DAG,
    Asset,
    BaseOperator,
    BaseOperatorLink,
    Param,
    XCom,
)

HEAVY = {"tensorflow", "tfx", "apache_beam", "ml_metadata", "numpy"}
RUN_ID = "manual__2026-01-31T12:00:00+00:00"


def cpu_s() -> float:
    """CPU time of this process in seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def task_facts(task: Any) -> dict[str, Any]:
    """What a task is made of, its command rendered for a run."""
    task.render_template_fields(
        {
            "params": {"epochs": 5, "encoder": "/models/{{ encoder }}", "output_dir": "/data/2026"},
            "run_id": RUN_ID,
            "dag": task.dag,
        }
    )
    return {
        "upstream": sorted(task.upstream_task_ids),
        "doc": task.doc_md,
        "pool": task.pool,
        "retries": task.retries,
        "retry_delay_s": task.retry_delay.total_seconds(),
        "timeout_s": task.execution_timeout.total_seconds(),
        "outlets": [asset.uri for asset in task.outlets],
        "links": [link.name for link in task.operator_extra_links],
        "report_url": task.report_url,
        "command": [getattr(task, "program", None), *task.arguments],
        "startup_timeout_s": getattr(task, "startup_timeout_seconds", None),
        "pod": pod(task) if hasattr(task, "build_pod_request_obj") else None,
    }


def pod(task: Any) -> Any:
    """The pod that Kubernetes would be asked for."""
    from kubernetes.client import ApiClient

    return ApiClient().sanitize_for_serialization(task.build_pod_request_obj(dry_run=True))


def dag_facts(dag: Any) -> dict[str, Any]:
    """What a DAG is made of."""
    return {
        "schedule": type(dag.timetable).__name__,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "max_active_tasks": dag.max_active_tasks,
        "tags": sorted(dag.tags),
        "params": {name: dag.params.get_param(name).dump() for name in dag.params},
        "doc": dag.doc_md,
        "tasks": {task.task_id: task_facts(task) for task in dag.tasks},
    }


def outcome(code: int) -> str | None:
    """The name of the exception that an exit code becomes."""
    from pipeline.runners.airflow.operators import raise_for_exit_code

    try:
        raise_for_exit_code(code)
    except Exception as exc:
        return f"{type(exc).__name__}: {exc}"
    return None


def exit_code_of_pod(code: int) -> int | None:
    """What is read from a pod whose container has ended."""
    from kubernetes.client import models as k8s

    from pipeline.runners.airflow.pods import exit_code

    ended = k8s.V1ContainerStateTerminated(exit_code=code)
    status = k8s.V1ContainerStatus(
        name="base",
        image="image",
        image_id="id",
        ready=False,
        restart_count=0,
        state=k8s.V1ContainerState(terminated=ended),
    )
    return exit_code(k8s.V1Pod(status=k8s.V1PodStatus(container_statuses=[status])), "base")


def main() -> None:
    """Parse the file and print what it holds."""
    sys.path.insert(0, str(Path(sys.argv[1]).parent))  # as Airflow does with the folder of DAGs
    before, loaded = cpu_s(), set(sys.modules)
    found = runpy.run_path(sys.argv[1])
    seconds, new = cpu_s() - before, set(sys.modules) - loaded
    dags = {name: value for name, value in found.items() if isinstance(value, DAG)}
    facts = {
        "cpu_s": seconds,
        "heavy": sorted({name.partition(".")[0] for name in new} & HEAVY),
        "dags": {name: dag_facts(dag) for name, dag in dags.items()},
        "outcomes": {str(code): outcome(code) for code in (0, 1, 2, 3, 4, -9)},
        "exit_code_of_pod": exit_code_of_pod(2),
    }
    print(json.dumps(facts))  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main()
