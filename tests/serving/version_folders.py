"""Version folders without TensorFlow, and a `LoadVersion` that reads them."""

import os
import shutil
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from serving.errors import Code, ServingError
from serving.servables.model import Array, Arrays, LoadedModel

_LONG_AGO = 1_000_000_000  # 2001
LIMIT_S = 30.0  # of waits that end at once unless something is broken


def add_version(base: Path, number: int | str, graph: str = "good") -> Path:
    """A folder that looks as if it had been there for long; see `TextLoader` for `graph`."""
    folder = base / str(number)
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_text(graph)
    age(folder)
    return folder


def age(folder: Path) -> None:
    """Date a folder back, so that it counts as complete at the first look."""
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (_LONG_AGO, _LONG_AGO))


def replace_graph(folder: Path, graph: str) -> None:
    (folder / "saved_model.pb").write_text(graph)
    age(folder)


def remove_version(base: Path, number: int) -> None:
    shutil.rmtree(base / str(number))


class TextLoader:
    """Loads versions whose graph is `good`, and notes what happens in which order."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.before_load: Callable[[int], None] = lambda _version: None
        self.before_close: Callable[[int], None] = lambda _version: None

    def __call__(self, name: str, version: int, folder: Path) -> LoadedModel:
        self.before_load(version)
        self.events.append(f"load {version}")
        if (folder / "saved_model.pb").read_text() != "good":
            raise ServingError(Code.DATA_LOSS, "broken")

        def close() -> None:
            self.before_close(version)
            self.events.append(f"close {version}")

        return LoadedModel(name, version, {}, {}, run_nothing, close)


def run_nothing(
    name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
) -> dict[str, Array]:
    return {}


def wait_until(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(LIMIT_S / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("the condition did not come true")
