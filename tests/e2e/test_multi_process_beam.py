"""The data nodes on two worker processes of this machine."""

import csv
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.e2e.beam_processes import ImportWatch, examples_by_key, watch_imports
from tests.e2e.pipeline_process import Project, executed

pytestmark = pytest.mark.e2e

SDK_WORKER = "apache_beam.runners.worker.sdk_worker"
BEAM_JOBS = 6  # two each of ExampleGen and Transform; StatisticsGen, Evaluator
WORKERS = 2
QUICK = ("train.epochs=1", "optimize.enabled=false")  # neither is a Beam job
FILES = 4


class TwoWorkerRun(NamedTuple):
    """A run with two workers."""

    project: Project
    summary: dict[str, Any]
    imports: ImportWatch
    data: Path


def deal_out(table: Path, folder: Path) -> None:
    """Write the rows of a CSV file to several files, as much as there is to do at a time."""
    with table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    folder.mkdir()
    for number in range(FILES):
        with (folder / f"{number}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows[number::FILES]])


@pytest.fixture(scope="module")
def two_worker_run(
    repeated_project: Project, tmp_path_factory: pytest.TempPathFactory
) -> TwoWorkerRun:
    folder = tmp_path_factory.mktemp("two-workers")
    data = folder / "reviews"
    deal_out(repeated_project.config.with_name("reviews.csv"), data)
    imports = watch_imports(folder, (SDK_WORKER,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(imports.path))
        summary = repeated_project.run(
            f"data.path={data}", f"beam.options={{direct_num_workers: {WORKERS}}}", *QUICK
        )
    return TwoWorkerRun(repeated_project, summary, imports, data)


def test_the_run_ends_with_a_pushed_model(two_worker_run: TwoWorkerRun) -> None:
    assert {"Transform", "Evaluator"} < executed(two_worker_run.summary)
    assert len(two_worker_run.project.versions()) == 1


def test_every_beam_job_had_two_worker_processes(two_worker_run: TwoWorkerRun) -> None:
    processes = two_worker_run.imports.processes(SDK_WORKER)
    assert len(processes) == 1 + WORKERS * BEAM_JOBS  # the run itself imports it, too


@pytest.mark.parametrize(
    ("node_id", "key"), [("ExampleGen", "examples"), ("Transform", "transformed_examples")]
)
def test_the_examples_are_those_of_one_worker(
    two_worker_run: TwoWorkerRun, finished_project: Project, node_id: str, key: str
) -> None:
    expected = examples_by_key(finished_project, node_id, key)
    assert sum(map(len, expected.values())) > 0
    assert examples_by_key(two_worker_run.project, node_id, key) == expected


def test_the_number_of_workers_is_no_reason_to_run_again(two_worker_run: TwoWorkerRun) -> None:
    again = two_worker_run.project.run(f"data.path={two_worker_run.data}", *QUICK)
    assert not executed(again) & {"ExampleGen", "StatisticsGen", "Transform", "Trainer"}
