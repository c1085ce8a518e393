"""Airflow runs the pipeline: scheduler, a real metadata server, a tiny encoder."""

import json
import os
import select
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from models.training.progress.checkpointing import TrainingState
from pipeline.config.layout import OutputLayout, output_layout
from pipeline.metadata.records import read_run
from pipeline.metadata.store import connection_config
from pipeline.runners.airflow.commands import safe_name
from tests.e2e.airflow_process import TIMEOUT_S, Airflow, new_airflow
from tests.e2e.conftest import write_config, write_reviews
from tests.e2e.holding import Hold
from tests.e2e.mariadb import PASSWORD, MariaDb, running_mariadb
from tests.e2e.pipeline_process import Project
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.e2e

DAG = "toy"
FORM = {"threshold": 0.0}
SETTINGS = (
    "evaluate.threshold=1.0",  # no model is perfect here: a run with its defaults is not blessed
    "airflow.schedule=data",
    "airflow.retry_delay_s=0",
    "evaluate.otherwise=command",
    "evaluate.command=[sh, -c, 'echo $BERT_AAS_FAILED_CONDITIONS; exit 5']",
)


@dataclass(frozen=True)
class World:
    """Everything that runs.

    Attributes:
        airflow: The installation; its scheduler runs.
        project: The output folder.
        metadata: The metadata server.
        hold: Where each Trainer waits.
        folder: Data, compiled pipelines and homes.
    """

    airflow: Airflow
    project: Project
    metadata: MariaDb
    hold: Hold
    folder: Path

    @property
    def layout(self) -> OutputLayout:
        """The output folder."""
        return output_layout(str(self.project.output))

    def states(self, run_id: str) -> dict[str, str]:
        """Node id to state in a run of Airflow, by the metadata."""
        connection = connection_config(self.metadata.url(), self.layout)
        records = read_run(connection, f"{DAG}.{safe_name(run_id)}")
        return {node: record.state for node, record in records.items()}

    def executed(self, run_id: str) -> set[str]:
        """The nodes that did work in a run."""
        return {node for node, state in self.states(run_id).items() if state == "executed"}

    def execution_states(self, run_id: str, node_type: str) -> list[str]:
        """The states of the executions of a type of node, oldest first."""
        store = MetadataStore(connection_config(self.metadata.url(), self.layout))
        run = store.get_context_by_type_and_name("pipeline_run", f"{DAG}.{run_id}")
        executions = sorted(store.get_executions_by_context(run.id), key=lambda each: each.id)
        return [
            mlmd.Execution.State.Name(each.last_known_state)
            for each in executions
            if each.type.endswith(f".{node_type}")
        ]

    def next_trainer(self, *earlier: int) -> int:
        """Wait for a Trainer at the end of its first epoch; return the process's number."""
        self.airflow.wait_for(lambda: bool(set(self.hold.waiting()) - set(earlier)))
        (process,) = set(self.hold.waiting()) - set(earlier)
        return process


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("airflow")
    data, config = folder / "reviews.csv", folder / "config.yaml"
    write_reviews(data)
    write_config(config, data, build_tiny_encoder(folder / "encoder"))
    project = Project(output=folder / "output", config=config)
    (folder / "mariadb").mkdir()
    with running_mariadb(folder / "mariadb") as metadata:
        # Before the pipeline is compiled: a missing environment shall not cost that time.
        hold = Hold.before(TrainingState.record_epoch, folder / "hold")
        airflow = make_airflow(".venv-airflow", folder, **hold.environment())
        compile_for_airflow(project, folder / "pipelines", metadata.url("${MLMD_PASSWORD}"))
        with airflow.running("scheduler"):
            yield World(airflow, project, metadata, hold, folder)


def make_airflow(environment: str, folder: Path, **variables: str) -> Airflow:
    home, data = folder / environment.removeprefix("."), folder / "reviews.csv"
    variables["MLMD_PASSWORD"] = PASSWORD
    return new_airflow(environment, home, folder / "pipelines", data, **variables)


def compile_for_airflow(project: Project, pipelines: Path, metadata_url: str) -> None:
    settings = [f"--set={given}" for given in (*SETTINGS, f"metadata.url={metadata_url}")]
    process = project.command(
        *("compile", "--runner", "airflow", "--config", str(project.config)),
        *("--output-dir", str(project.output), "--output", str(pipelines), *settings),
    )
    printed, _ = process.communicate()
    assert process.returncode == 0, printed.decode()
    assert f"airflow dags trigger {DAG}" in printed.decode()


def test_runs_of_airflow(world: World) -> None:
    world.airflow.wait_for(lambda: bool(world.airflow.rows("SELECT 1 FROM dag")))
    world.airflow.trigger(DAG, "first", **FORM)
    cleared = world.next_trainer()
    clearing_a_task_stops_its_process_cleanly(world, cleared)
    a_killed_task_is_tried_again(world, world.next_trainer(cleared))
    report_is_linked(world)
    new_data_start_a_run_which_is_not_blessed(world)
    same_run_again_on_airflow_3_is_all_cache(world)


def clearing_a_task_stops_its_process_cleanly(world: World, trainer: int) -> None:
    ended = os.pidfd_open(trainer)

    world.airflow.cli("tasks", "clear", DAG, "--task-regex", "^Trainer$", "--yes")

    assert select.select([ended], [], [], TIMEOUT_S)[0]
    assert world.execution_states("first", "Trainer")[0] == "FAILED"


def a_killed_task_is_tried_again(world: World, trainer: int) -> None:
    os.kill(trainer, signal.SIGKILL)
    world.hold.release()

    assert world.airflow.wait_for_end(DAG, "first") == "success", world.airflow.log_tails()

    assert set(world.states("first").values()) == {"executed"}
    tasks = world.airflow.task_states(DAG, "first")
    assert (tasks["ConditionsNotMet"], tasks["Otherwise"]) == ("skipped", "skipped")
    assert len(world.project.versions()) == 1


def report_is_linked(world: World) -> None:
    report = world.project.output / "runs" / f"{DAG}.first" / "report.html"
    (value,) = world.airflow.rows(
        "SELECT value FROM xcom WHERE task_id = 'Pusher' AND key = 'report_url' AND run_id = ?",
        "first",
    )

    assert report.is_file()
    assert json.loads(value[0]) == report.as_uri()


def new_data_start_a_run_which_is_not_blessed(world: World) -> None:
    world.airflow.trigger("producer", "arrival")
    found = "SELECT run_id FROM dag_run WHERE dag_id = ? AND run_type = 'dataset_triggered'"
    world.airflow.wait_for(lambda: bool(world.airflow.rows(found, DAG)))
    ((run_id,),) = world.airflow.rows(found, DAG)

    assert world.airflow.wait_for_end(DAG, run_id) == "success", world.airflow.log_tails()
    tasks = world.airflow.task_states(DAG, run_id)
    assert tasks.pop("Pusher") == "skipped"
    assert set(tasks.values()) == {"success"}
    assert {"ConditionsNotMet", "Otherwise"} <= set(tasks)
    summary = json.loads(
        (world.project.output / "runs" / f"{DAG}.{safe_name(run_id)}" / "run.json").read_text()
    )
    assert summary["otherwise"]["sentence"] == "the command ended with exit code 5"
    assert world.executed(run_id) == {"Evaluator", "Pusher"}  # all others from the cache
    assert len(world.project.versions()) == 1


def same_run_again_on_airflow_3_is_all_cache(world: World) -> None:
    airflow = make_airflow(".venv-airflow3", world.folder)

    airflow.cli("dags", "test", DAG, "--conf", json.dumps(FORM))

    ((run_id, state),) = airflow.rows("SELECT run_id, state FROM dag_run WHERE dag_id = ?", DAG)
    assert state == "success"
    assert set(world.states(run_id).values()) == {"cached"}
    assert len(world.project.versions()) == 1
