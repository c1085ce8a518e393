"""The data nodes on a portable job service, with workers in processes that it does not own."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.e2e.beam_processes import examples_by_key
from tests.e2e.pipeline_process import Project, executed
from tests.e2e.portable_beam import PortableBeam, portable_beam

pytestmark = pytest.mark.e2e

SDK_WORKER = "apache_beam.runners.worker.sdk_worker"
OUR_STEPS = ("components.example_gen.beam_steps", "components.evaluator.metrics")
TF_TEXT = "tensorflow_text.python.ops.fast_wordpiece_tokenizer"  # loads the ops of our tokenizer
BEAM_JOBS = 6  # two each of ExampleGen and Transform; StatisticsGen, Evaluator
QUICK = ("train.epochs=1", "optimize.enabled=false")  # neither is a Beam job


class PortableRun(NamedTuple):
    """A run whose Beam jobs ran elsewhere."""

    project: Project
    summary: dict[str, Any]
    beam: PortableBeam


@pytest.fixture(scope="module")
def portable_run(
    repeated_project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PortableRun]:
    folder = tmp_path_factory.mktemp("beam")
    with portable_beam(folder, (SDK_WORKER, TF_TEXT, *OUR_STEPS)) as beam:
        summary = repeated_project.run(*beam.settings(), *QUICK)
        yield PortableRun(repeated_project, summary, beam)


def test_the_run_ends_with_a_pushed_model(portable_run: PortableRun) -> None:
    data_nodes = {"ExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform"}
    assert data_nodes | {"Trainer", "Evaluator"} < executed(portable_run.summary)
    assert len(portable_run.project.versions()) == 1


def test_every_beam_job_had_a_worker_in_the_pool(portable_run: PortableRun) -> None:
    assert len(portable_run.beam.workers(SDK_WORKER)) == BEAM_JOBS


@pytest.mark.parametrize("module", OUR_STEPS)
def test_our_steps_were_loaded_by_the_workers(portable_run: PortableRun, module: str) -> None:
    assert portable_run.beam.workers(module)


def test_workers_registered_the_ops_of_tf_text(portable_run: PortableRun) -> None:
    """Transform and Evaluator load graphs with them; each of their jobs has its own worker."""
    assert len(portable_run.beam.workers(TF_TEXT)) >= 2


@pytest.mark.parametrize(
    ("node_id", "key"), [("ExampleGen", "examples"), ("Transform", "transformed_examples")]
)
def test_the_examples_are_those_of_a_run_in_one_process(
    portable_run: PortableRun, finished_project: Project, node_id: str, key: str
) -> None:
    expected = examples_by_key(finished_project, node_id, key)
    assert sum(map(len, expected.values())) > 0
    assert examples_by_key(portable_run.project, node_id, key) == expected


def test_tfx_did_not_pack_itself_for_the_workers(portable_run: PortableRun) -> None:
    assert "Attempting to infer TFX Python dependency" not in portable_run.project.logged()
