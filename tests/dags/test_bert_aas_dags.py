"""The DAG file, read by Airflow 2 and 3 in their own environments."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.dags.environments import DAG_FILE, probe
from tests.dags.packages import TOPOLOGY, write_toy

pytestmark = pytest.mark.slow

RUN_NAME = "manual__2026-01-31T12-00-00-00-00"  # of manual__2026-01-31T12:00:00+00:00
NODES = {node.id for node in TOPOLOGY.nodes}
BRANCH = {"ConditionsNotMet", "Otherwise"}
TRAINING = {"Trainer"}
POD_OPTIONS: dict[str, Any] = {
    "task": "kubernetes",
    "schedule": "data",
    "trainer_pool": "gpu",
    "retries": 5,
    "report_url": "https://reports.example.org/runs/",
    "kubernetes": {
        "image": "example.org/bert-aas:1",
        "namespace": "ml",
        "service_account": "trainer",
        "volume_claim": "shared",
        "env_secret": "metadata",
        "startup_timeout_s": 1200,
        "trainer_resources": {"cpu": "8", "memory": "32Gi", "gpus": 1},
    },
}


@pytest.fixture(scope="module", params=[".venv-airflow", ".venv-airflow3"])
def facts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("dags")
    write_toy(folder / "pipelines")
    write_toy(folder / "pipelines", "on_pods", **POD_OPTIONS)
    write_toy(folder / "pipelines", "nightly", schedule="0 3 * * *", retries=0, retry_delay_s=5)
    write_toy(folder / "pipelines", "branching", has_command=True)
    return {**probe(request.param, folder / "home", folder / "pipelines"), "folder": folder}


def command(facts: Any, dag: str, task: str) -> list[str]:
    rendered = facts["dags"][dag]["tasks"][task]["command"]
    return [word for word in rendered if word is not None]


def test_neither_tfx_nor_tensorflow_is_imported(facts: Any) -> None:
    assert facts["heavy"] == []


def test_parsing_takes_less_than_a_second_of_this_processor(facts: Any) -> None:
    # CPU time of three DAGs beyond the imports of Airflow and its provider: measured 0.1 s.
    assert facts["cpu_s"] < 1


def test_one_dag_per_pipeline_one_task_per_node(facts: Any) -> None:
    assert {name: set(dag["tasks"]) for name, dag in facts["dags"].items()} == {
        "toy": NODES,
        "on_pods": NODES,
        "nightly": NODES,
        "branching": NODES | BRANCH,
    }


def test_edges_are_those_of_the_graph(facts: Any) -> None:
    branch = [("Pusher", "ConditionsNotMet"), ("ConditionsNotMet", "Otherwise")]
    for name, dag in facts["dags"].items():
        edges = [(up, task) for task in dag["tasks"] for up in dag["tasks"][task]["upstream"]]

        more = branch if name == "branching" else []
        assert sorted(edges) == sorted([*TOPOLOGY.edges(), *more])


def test_the_branch_asks_by_a_json_path(facts: Any) -> None:
    run = ["--run-id", f"branching.{RUN_NAME}", "--set", "train.epochs=5"]
    asked = command(facts, "branching", "ConditionsNotMet")
    assert asked[0] == "/env/bin/bert-aas"
    assert asked[1:3] == ["condition", "--ir"]
    assert asked[4:8] == run
    assert asked[-6:] == ["--path", "verdict.passed", "--operator", "==", "--bound", "false"]
    told = command(facts, "branching", "Otherwise")
    assert told[1] == "otherwise"
    assert told[-2:] == ["--report-dir", f"/data/2026/runs/branching.{RUN_NAME}"]
    assert facts["dags"]["branching"]["tasks"]["Otherwise"]["retries"] == 0


def test_task_shows_its_artifacts(facts: Any) -> None:
    shown = facts["dags"]["toy"]["tasks"]["Trainer"]["doc"]

    assert "| input `examples` | Examples |\n| output `model` | Model |" in shown


def test_command_of_a_task(facts: Any) -> None:
    assert command(facts, "toy", "Pusher") == [
        "/env/bin/bert-aas",
        "node",
        *("--ir", str(facts["folder"] / "pipelines" / "toy" / "pipeline.json")),
        *("--node", "Pusher"),
        *("--run-id", f"toy.{RUN_NAME}"),
        *("--set", "train.epochs=5"),
        *("--set", 'encoder.source="/models/{{ encoder }}"'),
        *("--set", 'output_dir="/data/2026"'),
        *("--report-dir", f"/data/2026/runs/toy.{RUN_NAME}"),
        *("--not-pushed-exit-code", "3"),
    ]


def test_pod_runs_the_command_of_the_process(facts: Any) -> None:
    for task, known in facts["dags"]["on_pods"]["tasks"].items():
        (container,) = known["pod"]["spec"]["containers"]

        in_process = [
            word.replace("toy/", "on_pods/").replace("toy.", "on_pods.")
            for word in command(facts, "toy", task)
        ]
        assert [*container["command"], *container["args"]] == in_process


def test_trainer_pod(facts: Any) -> None:
    pod = facts["dags"]["on_pods"]["tasks"]["Trainer"]["pod"]
    (container,) = pod["spec"]["containers"]

    assert pod["metadata"]["namespace"] == "ml"
    assert pod["spec"]["serviceAccountName"] == "trainer"
    assert pod["spec"]["volumes"] == [
        {"name": "pipeline", "persistentVolumeClaim": {"claimName": "shared"}}
    ]
    assert container["image"] == "example.org/bert-aas:1"
    assert container["volumeMounts"] == [{"name": "pipeline", "mountPath": "/data"}]
    assert container["envFrom"] == [{"secretRef": {"name": "metadata"}}]
    assert container["resources"] == {
        "requests": {"cpu": "8", "memory": "32Gi", "nvidia.com/gpu": "1"},
        "limits": {"memory": "32Gi", "nvidia.com/gpu": "1"},
    }


def test_other_pods_ask_for_less(facts: Any) -> None:
    pod = facts["dags"]["on_pods"]["tasks"]["Evaluator"]["pod"]

    assert pod["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "1", "memory": "4Gi"},
        "limits": {"memory": "4Gi"},
    }


def test_pods_are_valid(facts: Any) -> None:
    validation = pytest.importorskip("kubernetes_validate")

    for task in facts["dags"]["on_pods"]["tasks"].values():
        validation.validate(task["pod"], "1.30", strict=True)


def test_pool_and_time_limit_of_the_trainer(facts: Any) -> None:
    tasks = facts["dags"]["on_pods"]["tasks"]

    assert {name for name, task in tasks.items() if task["pool"] == "gpu"} == TRAINING
    assert {name for name, task in tasks.items() if task["timeout_s"] == 86400} == TRAINING
    assert tasks["Evaluator"]["timeout_s"] == 7200


def test_time_to_start_a_pod(facts: Any) -> None:
    tasks = facts["dags"]["on_pods"]["tasks"].values()

    assert {task["startup_timeout_s"] for task in tasks} == {1200}


def test_retries(facts: Any) -> None:
    dags = facts["dags"]

    assert {task["retries"] for task in dags["on_pods"]["tasks"].values()} == {5}
    assert {task["retries"] for task in dags["nightly"]["tasks"].values()} == {0}
    assert {task["retry_delay_s"] for task in dags["nightly"]["tasks"].values()} == {5}


def test_parameters_are_typed(facts: Any) -> None:
    epochs = facts["dags"]["toy"]["params"]["epochs"]

    assert epochs["value"] == 2
    assert epochs["schema"] == {"type": "integer", "minimum": 1, "maximum": 9, "title": "Epochs"}


def test_schedules(facts: Any) -> None:
    schedules = {name: dag["schedule"] for name, dag in facts["dags"].items()}

    assert schedules["toy"] == "NullTimetable"
    assert schedules["nightly"] in {"CronDataIntervalTimetable", "CronTriggerTimetable"}
    assert schedules["on_pods"] in {"DatasetTriggeredTimetable", "AssetTriggeredTimetable"}


def test_runs_follow_each_other(facts: Any) -> None:
    for dag in facts["dags"].values():
        assert dag["max_active_runs"] == 1
        assert dag["max_active_tasks"] == 1
        assert dag["catchup"] is False


def test_pusher_announces_the_model(facts: Any) -> None:
    outlets = {name: task["outlets"] for name, task in facts["dags"]["toy"]["tasks"].items()}

    assert outlets.pop("Pusher") == ["file:///data/out/serving_model"]
    assert not any(outlets.values())


def test_link_to_the_report(facts: Any) -> None:
    task = facts["dags"]["toy"]["tasks"]["Trainer"]
    pod = facts["dags"]["on_pods"]["tasks"]["Trainer"]

    assert task["links"] == pod["links"] == ["Report"]
    assert task["report_url"] == f"/data/2026/runs/toy.{RUN_NAME}/report.html"
    assert pod["report_url"] == f"https://reports.example.org/runs/on_pods.{RUN_NAME}/report.html"


def test_exit_codes(facts: Any) -> None:
    assert facts["outcomes"] == {
        "0": None,
        "1": "AirflowException: the node failed with exit code 1, see the log",
        "2": "AirflowFailException: the input was refused, see the log",
        "3": "AirflowSkipException: nothing was pushed: the model is not blessed",
        "4": "AirflowFailException: a figure is beyond its limit, see the log",
        "-9": "AirflowException: the node was stopped by SIGKILL",
    }


def test_exit_code_of_a_pod(facts: Any) -> None:
    assert facts["exit_code_of_pod"] == 2


def test_folder_without_pipelines_has_no_dags(tmp_path: Path) -> None:
    assert probe(".venv-airflow", tmp_path / "home", tmp_path / "none")["dags"] == {}


@pytest.mark.parametrize("environment", [".venv-airflow", ".venv-airflow3"])
def test_a_copy_under_its_former_name_does_not_hide_the_package(
    environment: str, tmp_path: Path
) -> None:
    write_toy(tmp_path / "pipelines")
    former = shutil.copy(DAG_FILE, tmp_path / "bert_aas.py")

    found = probe(environment, tmp_path / "home", tmp_path / "pipelines", Path(former))

    assert set(found["dags"]) == {"toy"}
