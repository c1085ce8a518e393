"""One registry for all tests: each has a model of its own in it."""

from pathlib import Path

import pytest

from bert_aas.registry.places import registry_place
from bert_aas.registry.registry import Registry


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Make a registry: MLflow takes seconds for its tables."""
    made = Registry(registry_place(str(tmp_path_factory.mktemp("registry"))))
    made.models()
    return made


@pytest.fixture
def model(request: pytest.FixtureRequest) -> str:
    """Name a model after the test."""
    return str(request.node.name).replace("[", "-").replace("]", "")


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    """Name a serving folder."""
    return tmp_path / "serving"
