"""What changed is run again, and nothing else."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.components.infra_validator.test_runner import fake_server
from tests.e2e.conftest import write_config
from tests.e2e.pipeline_process import ROOT, Project, executed, states
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.e2e

PACKAGES = ("bert_aas", "pipeline", "components", "models", "serving")
VERDICT = {"Evaluator", "InfraValidator", "Pusher"}
MODEL = {"Trainer", "Optimizer", "Resolver", *VERDICT}


@pytest.fixture(scope="module")
def copied(project: Project) -> Project:
    """A project that runs a copy of the packages, so that a file of them can be changed."""
    sources = project.output.parent / "sources"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, sources / package)
    return replace(project, sources=sources)


@pytest.fixture
def settled(copied: Project) -> Project:
    """The copy after a run of what it holds now: a test stands alone, whatever others changed."""
    copied.run()
    return copied


def change(project: Project, module: str, code: str) -> None:
    with (project.sources / module).open("a", encoding="utf-8") as file:
        file.write(code)


def test_nothing_changed(settled: Project) -> None:
    versions = settled.versions()

    run = settled.run()

    assert set(states(run).values()) == {"cached"}
    assert run["status"] == "succeeded"
    assert settled.versions() == versions


def test_removed_versions(settled: Project) -> None:
    shutil.rmtree(settled.output / "serving_model")

    run = settled.run()

    assert executed(run) == {"Pusher"}
    assert settled.versions() == [Path(run["pushed_model"]).name]
    assert set(states(settled.run()).values()) == {"cached"}


def test_unreached_threshold_pushes_nothing(settled: Project) -> None:
    versions = settled.versions()

    run = settled.run("evaluate.threshold=0.999", expect=3)

    assert run["status"] == "not_blessed"
    assert run["pushed_model"] is None
    assert "is below the threshold 0.999" in run["reason"]
    assert settled.versions() == versions


def test_parameter_of_the_trainer(settled: Project) -> None:
    assert executed(settled.run("train.epochs=1")) == MODEL


def test_comments_and_docstrings_run_nothing(settled: Project) -> None:
    for path in settled.sources.rglob("*.py"):
        change(settled, str(path), '# changed\n"""Changed."""\n')

    assert executed(settled.run()) == set()


def test_changed_module_of_models(settled: Project) -> None:
    change(settled, "models/training/fitting.py", "CHANGED = True\n")

    assert executed(settled.run()) == MODEL


def test_mended_metric(settled: Project) -> None:
    before = settled.summary()
    change(
        settled,
        "components/evaluator/metrics.py",
        """
_earlier = metric_values

def metric_values(counts):
    return {**_earlier(counts), ("accuracy", None): 0.125}
""",
    )

    run = settled.run()

    assert executed(run) == {"Evaluator", "Pusher"}
    assert before["metrics"]["accuracy"] > 0.125
    assert run["metrics"]["accuracy"] == 0.125
    assert "accuracy 0.1250" in run["reason"]


def test_changed_server(settled: Project) -> None:
    change(settled, "serving/batching/plan.py", "CHANGED = True\n")

    assert executed(settled.run()) == {"InfraValidator", "Pusher"}


def test_changed_statistics(settled: Project) -> None:
    change(settled, "components/statistics_gen/limits.py", "CHANGED = True\n")

    expected = {"StatisticsGen", "SchemaGen", "ExampleValidator", "Transform", *MODEL}
    assert executed(settled.run()) == expected


def test_a_server_that_crashes_once_leaves_no_verdict(
    settled: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"mkdir {tmp_path / 'once'} 2>/dev/null && kill -SEGV $$; "
    fake_server(tmp_path, f'{script}exec {sys.executable} -m serving "$@"')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    setting = "infra_validate.num_tries=1"

    failed = settled.run(setting, expect=1)
    run = settled.run(setting)

    assert states(failed)["InfraValidator"] == "failed"
    assert "the model server ended by SIGSEGV" in failed["error"]
    assert executed(run) == {"InfraValidator", "Pusher"}
    assert run["infra_blessed"]


def test_changed_encoder(settled: Project) -> None:
    other = build_tiny_encoder(settled.output.parent / "other_encoder", seed=3)
    config = settled.output.parent / "other.yaml"
    write_config(config, settled.output.parent / "reviews.csv", other)

    run = replace(settled, config=config).run()

    assert executed(run) == {"Transform", *MODEL}
