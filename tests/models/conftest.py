from pathlib import Path

import pytest

import models.keras_compat  # noqa: F401  (decides on Keras 2 before TensorFlow is imported)
from tests.tiny_encoder import build_tiny_encoder


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny TF-Hub BERT module; do not change it."""
    return build_tiny_encoder(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data sets beside the repository."""
    folder = Path(__file__).parents[2].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the data sets beside the repository are absent")
    return folder
