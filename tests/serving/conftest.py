"""Fixtures: exported models, one server over all of them, and clients on real sockets."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.data_plane import DataPlane
from serving.listeners import Listeners
from serving.repository import ModelRepository
from serving.saved_model import load_saved_model
from serving.settings import ServerSettings
from serving.tensorflow_runtime import load_tensorflow
from tests.serving import exporter


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the base paths `hp` (version 2), `old` (as version 1), `two`, ..."""
    root = tmp_path_factory.mktemp("models")
    exporter.export_half_plus(root / "hp" / "2", offset=3.0)
    exporter.export_half_plus(root / "old" / "1", offset=2.0)
    exporter.export_two(root / "two" / "00000123")
    exporter.export_text(root / "txt" / "1")
    exporter.export_odd(root / "odd" / "1")
    return root


@pytest.fixture(scope="session")
def plane(exported: Path) -> DataPlane:
    """All exported models, loaded; the model of `old` also under a name full of separators."""
    load_tensorflow()
    folders = {name: exported / name for name in ("hp", "old", "two", "txt", "odd")}
    folders["a/b:c"] = exported / "old"
    repositories = {
        name: ModelRepository(name, folder, load_saved_model) for name, folder in folders.items()
    }
    for repository in repositories.values():
        repository.poll()
        repository.require_available()
    return DataPlane(repositories)


@pytest.fixture(scope="session")
def listeners(plane: DataPlane, exported: Path) -> Iterator[Listeners]:
    settings = ServerSettings(exported, port=0, rest_api_port=0, shutdown_grace_s=2.0)
    opened = Listeners(plane, settings)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def rest_url(listeners: Listeners) -> str:
    return f"http://{listeners.rest_address}"


@pytest.fixture(scope="session")
def channel(listeners: Listeners) -> Iterator[Any]:
    import grpc

    with grpc.insecure_channel(listeners.grpc_address) as opened:
        yield opened


@pytest.fixture
def live(exported: Path, tmp_path: Path) -> Path:
    """A base path of a test's own with version 1 (x/2 + 2); see `add_version`."""
    base = tmp_path / "live"
    add_version(exported / "old" / "1", base, 1)
    return base


def add_version(source: Path, base: Path, version: int) -> None:
    """Put a version folder in place complete or not at all, as a pusher does."""
    staging = base.parent / f"staging-{version}"
    shutil.copytree(source, staging)
    base.mkdir(exist_ok=True)
    staging.rename(base / str(version))


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
