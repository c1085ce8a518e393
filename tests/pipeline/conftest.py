from pathlib import Path

import pytest

from pipeline.runs.comparison import Comparison, compare
from pipeline.runs.past_runs import PastRun, past_runs
from tests.pipeline.stored_runs import write_runs


@pytest.fixture(scope="session")
def stored_runs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An output folder with five runs; nothing may change it."""
    return write_runs(Path(tmp_path_factory.mktemp("runs")))


@pytest.fixture(scope="session")
def runs(stored_runs: str) -> list[PastRun]:
    """These runs, the newest first."""
    return past_runs(stored_runs)


@pytest.fixture(scope="session")
def comparison(runs: list[PastRun]) -> Comparison:
    """All of them side by side."""
    return compare(runs)
