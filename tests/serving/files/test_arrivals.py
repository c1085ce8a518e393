import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.files.arrivals import LOOK_PAUSE_S, UNFINISHED_S, Arrivals
from serving.files.fingerprint import fingerprint
from tests.serving.version_folders import add_version, age


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make_young(folder: Path, ahead_s: float = 0.0) -> None:
    now = time.time() + ahead_s
    os.utime(folder / "saved_model.pb", (now, now))


def test_an_old_folder_is_complete_at_once(tmp_path: Path) -> None:
    folder = add_version(tmp_path, 1)
    assert Arrivals().look(folder) == fingerprint(folder)


@pytest.mark.parametrize("ahead_s", [0.0, 3600.0])
def test_a_young_folder_is_looked_at_twice(tmp_path: Path, clock: Clock, ahead_s: float) -> None:
    folder = add_version(tmp_path, 1)
    make_young(folder, ahead_s)
    arrivals = Arrivals(clock)
    assert arrivals.look(folder) is None
    assert arrivals.look(folder) is None  # too early
    clock.now += LOOK_PAUSE_S
    assert arrivals.look(folder) == fingerprint(folder)


def test_a_growing_folder_is_not_complete(tmp_path: Path, clock: Clock) -> None:
    folder = add_version(tmp_path, 1)
    make_young(folder)
    (folder / "variables").mkdir()
    arrivals = Arrivals(clock)
    for size in range(1, 5):
        (folder / "variables" / "data").write_bytes(b"x" * size)
        assert arrivals.look(folder) is None
        clock.now += LOOK_PAUSE_S
    assert arrivals.look(folder) is not None


def test_a_folder_without_a_graph_is_waited_for_longer(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "1"
    folder.mkdir()
    age(folder)
    arrivals = Arrivals(clock)
    for _ in range(4):
        assert arrivals.look(folder) is None
        clock.now += LOOK_PAUSE_S
    assert arrivals.look(folder) is not None


def test_a_graph_as_text_counts(tmp_path: Path) -> None:
    folder = add_version(tmp_path, 1)
    (folder / "saved_model.pb").rename(folder / "saved_model.pbtxt")
    age(folder)
    assert Arrivals().look(folder) is not None


def vanish(folder: Path) -> None:
    folder.rename(folder.with_name("aside"))


def dangle(folder: Path) -> None:
    vanish(folder)
    folder.symlink_to("nowhere")


def circle(folder: Path) -> None:
    vanish(folder)
    folder.symlink_to(folder.name)


def be_a_file(folder: Path) -> None:
    vanish(folder)
    folder.write_text("a file")


def hold_a_dangling_part(folder: Path) -> None:
    (folder / "assets").mkdir()
    age(folder)
    (folder / "assets" / "vocab").symlink_to("nowhere")
    for young in (folder / "assets", folder):
        os.utime(young, (0, 0))


def have_a_dangling_graph(folder: Path) -> None:
    (folder / "saved_model.pb").unlink()
    (folder / "saved_model.pb").symlink_to("nowhere")


@pytest.mark.parametrize(
    "spoil", [vanish, dangle, circle, be_a_file, hold_a_dangling_part, have_a_dangling_graph]
)
def test_the_wait_for_what_cannot_be_looked_at_has_an_end(
    tmp_path: Path, clock: Clock, spoil: Callable[[Path], None]
) -> None:
    folder = add_version(tmp_path, 1)
    spoil(folder)
    arrivals = Arrivals(clock)
    assert arrivals.look(folder) is None
    clock.now += UNFINISHED_S / 2
    assert arrivals.look(folder) is None
    clock.now += UNFINISHED_S / 2
    assert arrivals.look(folder) == fingerprint(folder)


@pytest.mark.parametrize("name", [".nfs000000001", ".#notes", "train/events.out"])
def test_what_is_no_part_of_a_model_holds_nothing_up(tmp_path: Path, name: str) -> None:
    folder = add_version(tmp_path, 1)
    (folder / "train").mkdir()
    age(folder)
    arrivals = Arrivals()
    before = arrivals.look(folder)
    (folder / name).symlink_to("nowhere")
    os.utime(folder, (0, 0))
    assert before is not None
    assert arrivals.look(folder) == before


def test_a_folder_that_was_gone_starts_anew(tmp_path: Path, clock: Clock) -> None:
    folder = add_version(tmp_path, 1)
    make_young(folder)
    arrivals = Arrivals(clock)
    arrivals.look(folder)
    arrivals.keep([])
    clock.now += LOOK_PAUSE_S
    assert arrivals.look(folder) is None
