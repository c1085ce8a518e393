"""What changed is run again, and nothing else."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.components.infra_validator.test_runner import fake_server
from tests.e2e.pipeline_process import ROOT, Project, executed, states
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.e2e

PACKAGES = ("bert_aas", "pipeline", "components", "models", "serving")
VERDICT = {"Evaluator", "InfraValidator", "Pusher"}
MODEL = {"Trainer", "Optimizer", "Resolver", *VERDICT}


class Copy(Project):
    """A project that runs a copy of the packages, so that a file of them can be changed."""

    @property
    def settled(self) -> Path:
        """There as long as the last run was one of what the copy holds now, without settings."""
        return self.output.parent / "settled"

    def run(self, *settings: str, expect: int = 0) -> dict[str, Any]:
        self.settled.unlink(missing_ok=True)
        run = super().run(*settings, expect=expect)
        if not settings:
            self.settled.touch()
        return run

    def change(self, module: str, code: str) -> None:
        """Append code to a module."""
        self.settled.unlink(missing_ok=True)
        with (self.sources / module).open("a", encoding="utf-8") as file:
            file.write(code)


@pytest.fixture(scope="module")
def copied(adopted_project: Project) -> Copy:
    sources = adopted_project.output.parent / "sources"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, sources / package)
    return Copy(adopted_project.output, adopted_project.config, sources)


@pytest.fixture
def settled(copied: Copy) -> Copy:
    """The copy after a run of what it holds now: a test stands alone, whatever others changed."""
    if not copied.settled.exists():
        copied.run()
    return copied


def test_nothing_changed(settled: Copy) -> None:
    versions = settled.versions()

    run = settled.run()

    assert set(states(run).values()) == {"cached"}
    assert run["status"] == "succeeded"
    assert settled.versions() == versions


def test_removed_versions(settled: Copy) -> None:
    shutil.rmtree(settled.output / "serving_model")

    run = settled.run()

    assert executed(run) == {"Pusher"}
    assert settled.versions() == [Path(run["pushed_model"]).name]
    assert set(states(settled.run()).values()) == {"cached"}


def test_unreached_threshold_pushes_nothing(settled: Copy) -> None:
    versions = settled.versions()

    run = settled.run("evaluate.threshold=0.999", expect=3)

    assert run["status"] == "not_blessed"
    assert run["pushed_model"] is None
    assert "is below the threshold 0.999" in run["reason"]
    assert settled.versions() == versions


def test_parameter_of_the_trainer(settled: Copy) -> None:
    assert executed(settled.run("train.epochs=1")) == MODEL


def test_comments_and_docstrings_run_nothing(settled: Copy) -> None:
    for path in settled.sources.rglob("*.py"):
        settled.change(str(path), '# changed\n"""Changed."""\n')

    assert executed(settled.run()) == set()


def test_mended_metric(settled: Copy) -> None:
    before = settled.summary()
    settled.change(
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


def test_changed_server(settled: Copy) -> None:
    settled.change("serving/batching/plan.py", "CHANGED = True\n")

    assert executed(settled.run()) == {"InfraValidator", "Pusher"}


def test_changed_statistics(settled: Copy) -> None:
    settled.change("components/statistics_gen/limits.py", "CHANGED = True\n")

    expected = {"StatisticsGen", "SchemaGen", "ExampleValidator", "Transform", *MODEL}
    assert executed(settled.run()) == expected


def test_a_server_that_crashes_once_leaves_no_verdict(
    settled: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


def test_changed_encoder(settled: Copy) -> None:
    other = build_tiny_encoder(settled.output.parent / "other_encoder", seed=3)

    assert executed(settled.run(f"encoder.source={other}")) == {"Transform", *MODEL}
