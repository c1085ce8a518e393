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
    """A project that has run a copy of the packages, so that a file of them can be changed."""
    sources = project.output.parent / "sources"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, sources / package)
    ran = replace(project, sources=sources)
    ran.run()
    return ran


def test_parameter_of_the_trainer(copied: Project) -> None:
    assert executed(copied.run("train.epochs=1")) == MODEL


def change(copied: Project, module: str, code: str) -> None:
    with (copied.sources / module).open("a", encoding="utf-8") as file:
        file.write(code)


def test_comments_and_docstrings_run_nothing(copied: Project) -> None:
    for path in copied.sources.rglob("*.py"):
        change(copied, str(path), '# changed\n"""Changed."""\n')

    assert executed(copied.run("train.epochs=1")) == set()


def test_changed_module_of_models(copied: Project) -> None:
    change(copied, "models/training/fitting.py", "CHANGED = True\n")

    assert executed(copied.run("train.epochs=1")) == MODEL


def test_mended_metric(copied: Project) -> None:
    before = copied.run("train.epochs=1")
    change(
        copied,
        "components/evaluator/metrics.py",
        """
_earlier = metric_values

def metric_values(counts):
    return {**_earlier(counts), ("accuracy", None): 0.125}
""",
    )

    run = copied.run("train.epochs=1")

    assert executed(run) == {"Evaluator", "Pusher"}
    assert before["metrics"]["accuracy"] > 0.125
    assert run["metrics"]["accuracy"] == 0.125
    assert "accuracy 0.1250" in run["reason"]


def test_changed_server(copied: Project) -> None:
    change(copied, "serving/batching/plan.py", "CHANGED = True\n")

    assert executed(copied.run("train.epochs=1")) == {"InfraValidator", "Pusher"}


def test_changed_statistics(copied: Project) -> None:
    change(copied, "components/statistics_gen/limits.py", "CHANGED = True\n")

    expected = {"StatisticsGen", "SchemaGen", "ExampleValidator", "Transform", *MODEL}
    assert executed(copied.run("train.epochs=1")) == expected


def test_a_server_that_crashes_once_leaves_no_verdict(
    copied: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f"mkdir {tmp_path / 'once'} 2>/dev/null && kill -SEGV $$; "
    fake_server(tmp_path, f'{script}exec {sys.executable} -m serving "$@"')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    settings = ("train.epochs=1", "infra_validate.num_tries=1")

    failed = copied.run(*settings, expect=1)
    run = copied.run(*settings)

    assert states(failed)["InfraValidator"] == "failed"
    assert "the model server ended by SIGSEGV" in failed["error"]
    assert executed(run) == {"InfraValidator", "Pusher"}
    assert run["infra_blessed"]


def test_changed_encoder(copied: Project) -> None:
    other = build_tiny_encoder(copied.output.parent / "other_encoder", seed=3)
    config = copied.output.parent / "other.yaml"
    write_config(config, copied.output.parent / "reviews.csv", other)

    run = replace(copied, config=config).run("train.epochs=1")

    assert executed(run) == {"Transform", *MODEL}
