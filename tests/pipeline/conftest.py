from pathlib import Path

import pytest

from tests.pipeline.stored_runs import write_runs


@pytest.fixture(scope="session")
def stored_runs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An output folder with five runs; nothing may change it."""
    return write_runs(Path(tmp_path_factory.mktemp("runs")))
