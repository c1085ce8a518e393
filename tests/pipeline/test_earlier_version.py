"""The metadata of an earlier version are read; for its models see `tests.e2e`."""

from pathlib import Path

import pytest

from pipeline.runs.past_runs import PastRun, past_runs
from tests.earlier_version.archive import unpack


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> PastRun:
    (found,) = past_runs(str(unpack("version_0_1", tmp_path_factory.mktemp("earlier"))))
    return found


def test_parameters(run: PastRun) -> None:
    assert run.parameters["train.epochs"] == 5
    assert run.parameters["transform.max_seq_length"] == 24
    assert run.parameters["data.key_column"] == "id"
    assert run.parameters["evaluate.slices"] == ["shop"]


def test_fingerprints(run: PastRun) -> None:
    kept = ("content of the encoder", "code of ExampleGen", "code of Transform", "code of Trainer")
    digits = ("f41f4d11409cf3be", "22d3b850ecc50f1d", "6f4a787b43916240", "6dd5c3e0e77af792")
    assert {name: run.fingerprints.get(name) for name in kept} == dict(
        zip(kept, digits, strict=True)
    )


def test_nodes_and_files(run: PastRun) -> None:
    assert set(run.states) == {"executed"}
    assert run.metrics["accuracy"].value == pytest.approx(22 / 24)
    assert run.pushed_model is not None
    assert Path(run.pushed_model).is_dir()
