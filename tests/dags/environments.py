"""The environments with Airflow, and programs that run in them."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DAG_FILE = ROOT / "dags" / "bert_aas_dags.py"


def airflow_python(environment: str) -> Path:
    """The interpreter of an environment with Airflow; skips the test where it is not built."""
    python = ROOT / environment / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{environment} is not built; `make setup{environment.removeprefix('.venv')}`")
    return python


def settings(python: Path, home: Path, pipelines: Path) -> dict[str, str]:
    """The variables of Airflow's processes, without those of this process."""
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",  # Airflow starts `airflow`
        "HOME": str(home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAG_FILE.parent),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "BERT_AAS_PIPELINES": str(pipelines),
        "PYTHONWARNINGS": "ignore",
    }


def probe(
    environment: str, home: Path, pipelines: Path, dag_file: Path = DAG_FILE
) -> dict[str, Any]:
    """Read the DAG file in an environment with Airflow."""
    python = airflow_python(environment)
    process = subprocess.run(
        [str(python), "-m", "tests.dags.probe", str(dag_file)],
        cwd=ROOT,
        env=settings(python, home, pipelines),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    facts: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return facts
