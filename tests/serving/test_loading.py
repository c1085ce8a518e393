"""A load that fails at a late step leaves nothing behind: no thread, engine or session."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from serving import loading
from serving.engines import text_model as engine_wrapper
from serving.errors import Code, ServingError
from serving.loading import ModelLoader
from serving.observing.observer import Observers
from serving.servables.model import LoadedModel
from serving.settings import ServerSettings
from tests.serving.batching.text_model import TextModel

ATTEMPTS = 5


class Loads:
    """Gives a text model for every load, and counts those that are open."""

    def __init__(self) -> None:
        self.models: list[TextModel] = []

    def load(self, *_: Any) -> LoadedModel:
        self.models.append(TextModel())
        return self.models[-1].loaded()

    @property
    def open(self) -> int:
        return sum(not model.closed.is_set() for model in self.models)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Loads:
    made = Loads()
    monkeypatch.setattr(loading, "load_saved_model", made.load)
    return made


def fail_often(loader: ModelLoader, folder: Path, error: type[Exception] = ServingError) -> None:
    before = threading.active_count()
    for _ in range(ATTEMPTS):
        with pytest.raises(error):
            loader.load("m", 1, folder)
    assert threading.active_count() == before


def test_the_cache_fails(loads: Loads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cachetools", None)
    loader = ModelLoader(ServerSettings(tmp_path, cache_size=9, engine="tensorflow"), Observers())
    fail_often(loader, tmp_path)
    assert (len(loads.models), loads.open) == (ATTEMPTS, 0)


def test_the_models_own_batching_parameters_fail(loads: Loads, tmp_path: Path) -> None:
    (tmp_path / "batching_params.pbtxt").write_text("max_batch_size: 1")
    settings = ServerSettings(
        tmp_path,
        engine="tensorflow",
        enable_text_batching=False,
        enable_batching=True,
        enable_per_model_batching_parameters=True,
    )
    fail_often(ModelLoader(settings, Observers()), tmp_path)
    assert (len(loads.models), loads.open) == (ATTEMPTS, 0)


def test_a_thread_cannot_be_started(
    loads: Loads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, started = threading.Thread.start, [0]

    def refuse_every_second(thread: threading.Thread) -> None:
        started[0] += 1
        if started[0] % 2 == 0:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_every_second)
    settings = ServerSettings(tmp_path, engine="tensorflow", text_batch_workers=2)
    fail_often(ModelLoader(settings, Observers()), tmp_path, RuntimeError)
    assert (len(loads.models), loads.open) == (ATTEMPTS, 0)


def test_warm_up_of_the_engine_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    closed = []

    class Engine:
        def __init__(self, _variants: Any) -> None:
            self.name = "e"

        def warm_up(self, _longest: int) -> None:
            raise ServingError(Code.INTERNAL, "it fails")

        def close(self) -> None:
            closed.append(self)

    monkeypatch.setattr(engine_wrapper, "read_variants", lambda _folder: ())
    monkeypatch.setattr(engine_wrapper, "OpenVinoEngine", Engine)
    model = TextModel().loaded()
    assert engine_wrapper.with_engine(model, tmp_path, "auto") is model
    assert len(closed) == 1
