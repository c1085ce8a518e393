"""Fixtures: exported models, one server over all of them, and clients on real sockets."""

import gc
import logging
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.versions.model_config import ModelConfig, Specific
from tests.serving import exporter


@pytest.fixture(scope="module", autouse=True)
def small_heap() -> Iterator[None]:
    """Keep what other tests have imported out of the collections after each unloaded version.

    Yields:
        Nothing.
    """
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def usual_log_level() -> Iterator[None]:
    """Undo `--log_level` of a command line that another test has run in this process.

    Yields:
        Nothing.
    """
    logger = logging.getLogger("serving")
    logger.setLevel(logging.NOTSET)
    yield
    logger.setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the base paths `hp` (versions 1 and 2), `old` (1), `two`, ..."""
    root = tmp_path_factory.mktemp("models")
    exporter.export_half_plus(root / "hp" / "1", offset=2.0)
    exporter.export_half_plus(root / "hp" / "2", offset=3.0)
    exporter.export_half_plus(root / "old" / "1", offset=2.0)
    exporter.export_two(root / "two" / "00000123")
    exporter.export_text(root / "txt" / "1")
    exporter.export_odd(root / "odd" / "1")
    return root


@pytest.fixture(scope="session")
def models(exported: Path) -> list[ModelConfig]:
    """The models of the contract's table; `a/b:c` is a name full of separators."""
    half_plus = ModelConfig(
        "hp", exported / "hp", Specific((1, 2)), labels={"stable": 1, "canary": 2}
    )
    others = [ModelConfig(name, exported / name) for name in ("two", "txt", "odd")]
    return [half_plus, *others, ModelConfig("a/b:c", exported / "old")]


@pytest.fixture(scope="session")
def plane(models: list[ModelConfig]) -> Iterator[Any]:
    """A data plane over all models, loaded as the server loads them."""
    from serving.data_plane import DataPlane
    from serving.loading import ModelLoader
    from serving.observing.observer import Observers
    from serving.settings import ServerSettings
    from serving.versions.registry import LifecycleOptions, ModelRegistry

    observer = Observers()
    loader = ModelLoader(ServerSettings(), observer)
    registry = ModelRegistry(loader.load, LifecycleOptions(poll_wait_s=0.0), observer)
    registry.apply(models, at_startup=True)
    registry.start()
    assert registry.wait_for_first_loads(60.0)
    registry.require_available()
    yield DataPlane(registry)
    registry.stop(10.0)


@pytest.fixture(scope="session")
def listeners(plane: Any) -> Iterator[Any]:
    from serving.listeners import Instruments, Listeners
    from serving.observing.observer import NoTracing, Observers
    from serving.settings import ServerSettings

    settings = ServerSettings(port=0, rest_api_port=0, shutdown_grace_s=2.0)
    opened = Listeners(plane, settings, Instruments(Observers(), NoTracing()))
    opened.open()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def rest_url(listeners: Any) -> str:
    return f"http://{listeners.rest_address}"


@pytest.fixture(scope="session")
def channel(listeners: Any) -> Iterator[Any]:
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
