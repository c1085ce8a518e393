"""Start Airflow as an operator of it does: database, scheduler, command line."""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.dags.environments import DAG_FILE, airflow_python, settings

TIMEOUT_S = 900.0
PRODUCER = '''
"""A DAG that makes data: the pipeline's DAG waits for what it announces."""
from datetime import datetime
from pathlib import Path

from airflow.providers.common.compat.sdk import DAG, Asset, task

DATA = Path({path!r})

with DAG("producer", schedule=None, start_date=datetime(2024, 1, 1)):

    @task(outlets=[Asset(DATA.as_uri())])
    def produce() -> None:
        DATA.touch()

    produce()
'''


@dataclass(frozen=True)
class Airflow:
    """One installation with a home of its own.

    Attributes:
        python: Interpreter of its environment.
        home: Its home: settings, database, logs, DAGs.
        variables: Environment variables of its processes.
        services: What runs.
    """

    python: Path
    home: Path
    variables: Mapping[str, str]
    services: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def cli(self, *arguments: str) -> str:
        """Call `airflow` and return what it printed."""
        process = subprocess.run(
            [str(self.python.with_name("airflow")), *arguments],
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-3000:]
        return process.stdout

    @contextlib.contextmanager
    def running(self, *command: str) -> Iterator[None]:
        """Run one of Airflow's services, and stop it in the end."""
        with (self.home / f"{command[0]}.log").open("w") as log:
            service = subprocess.Popen(
                [str(self.python.with_name("airflow")), *command],
                env=self.variables,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            self.services.append(service)
            try:
                yield
            finally:
                self.services.remove(service)
                service.terminate()
                service.wait(TIMEOUT_S)

    def trigger(self, dag: str, run_id: str, **parameters: Any) -> None:
        """Start a run with parameters of its form."""
        self.cli("dags", "trigger", dag, "--run-id", run_id, "--conf", json.dumps(parameters))

    def rows(self, query: str, *values: str) -> list[Any]:
        """Ask Airflow's database; its command line takes seconds for that."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.home / 'airflow.db'}?mode=ro", uri=True, timeout=60)
        ) as database:
            return database.execute(query, values).fetchall()

    def task_states(self, dag: str, run_id: str) -> dict[str, str]:
        """Task id to state."""
        return dict(
            self.rows(
                "SELECT task_id, state FROM task_instance WHERE dag_id = ? AND run_id = ?",
                dag,
                run_id,
            )
        )

    def run_state(self, dag: str, run_id: str) -> str | None:
        """State of a run."""
        found = self.rows("SELECT state FROM dag_run WHERE dag_id = ? AND run_id = ?", dag, run_id)
        return str(found[0][0]) if found else None

    def wait_for_end(self, dag: str, run_id: str) -> str:
        """Wait until a run has ended and return its state."""
        self.wait_for(lambda: self.run_state(dag, run_id) in {"success", "failed"})
        return str(self.run_state(dag, run_id))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait for something to become true, as long as all services run."""
        deadline = time.monotonic() + TIMEOUT_S
        while not condition():
            assert all(service.poll() is None for service in self.services), self.log_tails()
            assert time.monotonic() < deadline, self.log_tails()
            time.sleep(0.2)

    def log_tails(self) -> str:
        """The ends of the newest logs."""
        logs = sorted(self.home.glob("logs/**/*.log"), key=lambda path: path.stat().st_mtime)
        tails = (f"{path}\n{path.read_text(errors='replace')[-2000:]}" for path in logs[-3:])
        return "\n".join([*tails, (self.home / "scheduler.log").read_text()[-2000:]])


def new_airflow(
    environment: str, home: Path, pipelines: Path, data: Path, **variables: str
) -> Airflow:
    """Make a home with the project's DAG file and a DAG that announces data."""
    python = airflow_python(environment)
    dags = home / "dags"
    dags.mkdir(parents=True)
    shutil.copy(DAG_FILE, dags)
    (dags / "producer.py").write_text(PRODUCER.format(path=str(data)), encoding="utf-8")
    quick = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
        "AIRFLOW__SCHEDULER__LOCAL_TASK_JOB_HEARTBEAT_SEC": "1",
    }
    airflow = Airflow(python, home, {**settings(python, home, pipelines), **quick, **variables})
    airflow.cli("db", "migrate")
    return airflow
