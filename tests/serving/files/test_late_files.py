from pathlib import Path

import pytest

from serving.files.arrivals import UNFINISHED_S
from serving.files.fingerprint import fingerprint
from serving.files.late_files import Late, LateFiles
from tests.serving.version_folders import add_version


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return add_version(tmp_path, 1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def late_files(folder: Path, clock: Clock) -> LateFiles:
    made = LateFiles(clock)
    made.remember(folder, fingerprint(folder))
    return made


def add_file(folder: Path, name: str) -> None:
    (folder / "assets.extra").mkdir(exist_ok=True)
    (folder / "assets.extra" / name).write_text("x")


def test_files_are_named_when_they_rest(late_files: LateFiles, folder: Path, clock: Clock) -> None:
    for name in ("a", "b"):
        add_file(folder, name)
        assert late_files.look(folder) is None
        clock.now += UNFINISHED_S / 2
    assert late_files.look(folder) is None
    clock.now += UNFINISHED_S / 2
    names = ["assets.extra/a", "assets.extra/b"]
    assert late_files.look(folder) == Late(fingerprint(folder), names)


def test_a_folder_that_stays_the_same(late_files: LateFiles, folder: Path, clock: Clock) -> None:
    assert late_files.look(folder) is None
    clock.now += 3600
    assert late_files.look(folder) is None
    assert late_files.pause_s() == float("inf")


@pytest.mark.parametrize("name", ["assets.extra/a", "saved_model.pb"])
def test_what_goes_is_no_reason(folder: Path, clock: Clock, name: str) -> None:
    add_file(folder, "a")
    late_files = LateFiles(clock)
    late_files.remember(folder, fingerprint(folder))
    (folder / name).unlink()
    assert late_files.look(folder) is None
    clock.now += 3600
    assert late_files.look(folder) is None


def test_files_are_not_named_without_a_graph(
    late_files: LateFiles, folder: Path, clock: Clock
) -> None:
    """A folder that is being written anew begins without one."""
    (folder / "saved_model.pb").unlink()
    add_file(folder, "a")
    late_files.look(folder)
    clock.now += 3600
    assert late_files.look(folder) is None


def test_changes_are_looked_at_again_soon(late_files: LateFiles, folder: Path) -> None:
    add_file(folder, "a")
    late_files.look(folder)
    assert late_files.pause_s() < UNFINISHED_S
    late_files.remember(folder, fingerprint(folder))
    assert late_files.pause_s() == float("inf")
