from pathlib import Path

import pytest

from tests.pipeline.stored_model import write_model


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """The folder of a pushed version; its run is in `output` beside the data."""
    return write_model(tmp_path)
