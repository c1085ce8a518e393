import os
import time
from pathlib import Path

import pytest

from serving.capture.retention import remove_old_files
from serving.capture.rules import Keep

HOUR = "reviews/3/2026/11/30/20"
DAY_S = 86400.0


def add(folder: Path, name: str, age_s: float = 0.0, size: int = 10) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    changed = time.time() - age_s
    os.utime(path, (changed, changed))
    return path


def captured(folder: Path, number: int, age_s: float = 0.0, hour: str = HOUR) -> Path:
    return add(folder, f"{hour}/20261130T20000{number}Z-{number:016x}.jsonl", age_s)


def test_old_files_go_with_the_folders_they_leave_empty(tmp_path: Path) -> None:
    young, old = captured(tmp_path, 1), captured(tmp_path, 2, 2 * DAY_S)
    alone = captured(tmp_path, 3, 2 * DAY_S, "reviews/2/2026/11/28/20")
    assert set(remove_old_files(tmp_path, Keep(DAY_S, None), [])) == {old, alone}
    assert list(tmp_path.rglob("*.jsonl")) == [young]
    assert [path.name for path in (tmp_path / "reviews").iterdir()] == ["3"]


def test_the_oldest_go_where_there_are_too_many_bytes(tmp_path: Path) -> None:
    files = [captured(tmp_path, number, age_s=number) for number in range(4)]
    assert set(remove_old_files(tmp_path, Keep(None, 25), [])) == set(files[2:])


def test_what_is_written_to_stays(tmp_path: Path) -> None:
    old = captured(tmp_path, 1, 2 * DAY_S)
    assert remove_old_files(tmp_path, Keep(DAY_S, 1), [old]) == []


@pytest.mark.parametrize("name", ["notes.jsonl", f"{HOUR}/mine.jsonl", f"{HOUR}/x.csv"])
def test_files_of_others_stay(tmp_path: Path, name: str) -> None:
    add(tmp_path, name, 2 * DAY_S)
    assert remove_old_files(tmp_path, Keep(DAY_S, 1), []) == []


def test_no_folder_yet(tmp_path: Path) -> None:
    assert remove_old_files(tmp_path / "none", Keep(DAY_S, 1), []) == []
