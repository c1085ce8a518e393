"""SQL over a project that has run."""

import csv
import io
import json

import pytest

from tests.e2e.conftest import ROWS
from tests.e2e.pipeline_process import TIMEOUT_S, Project

pytestmark = pytest.mark.e2e


def ask(project: Project, query: str) -> list[dict[str, str]]:
    process = project.command("sql", query, "--format", "csv", "--output-dir", str(project.output))
    printed, _ = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, printed.decode()
    return list(csv.DictReader(io.StringIO(printed.decode(), newline="")))


def test_splits_and_metrics_are_those_of_the_run(finished_project: Project) -> None:
    data = finished_project.config.parent / "reviews.csv"
    with data.open(encoding="utf-8", newline="") as file:
        written = {row["id"]: row for row in csv.DictReader(file)}
    union = " UNION ALL ".join(f"FROM splits.{split}" for split in ("train", "eval", "test"))
    rows = ask(finished_project, union)
    assert len(rows) == ROWS
    assert {row["row_key"]: row | {"row_key": row["id"]} for row in rows} == {
        key: row | {"row_key": key} for key, row in written.items()
    }
    summary = json.loads((finished_project.output / "run.json").read_text())
    (run,) = ask(finished_project, "FROM runs WHERE run = 1")
    assert (run["run_id"], run["state"]) == (summary["run_id"], summary["status"])
    assert float(run["accuracy"]) == pytest.approx(summary["metrics"]["accuracy"])
