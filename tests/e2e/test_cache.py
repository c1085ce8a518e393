"""What changed is run again, and nothing else."""

import shutil
from dataclasses import replace

import pytest

from tests.e2e.conftest import write_config
from tests.e2e.pipeline_process import ROOT, Project, executed
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


def test_changed_module_of_models(copied: Project) -> None:
    with (copied.sources / "models" / "fitting.py").open("a") as file:
        file.write("# changed\n")

    assert executed(copied.run("train.epochs=1")) == MODEL


def test_changed_encoder(copied: Project) -> None:
    other = build_tiny_encoder(copied.output.parent / "other_encoder", seed=3)
    config = copied.output.parent / "other.yaml"
    write_config(config, copied.output.parent / "reviews.csv", other)

    run = replace(copied, config=config).run("train.epochs=1")

    assert executed(run) == {"Transform", *MODEL}
