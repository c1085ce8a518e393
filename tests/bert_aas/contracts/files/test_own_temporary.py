"""Nothing of what processes have in their temporary folders stays, however they end."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

TAKE = """
import os, signal, subprocess, sys, tempfile
from pathlib import Path
from bert_aas.contracts.files.own_temporary import leave_own_folder, take_own_folder
take_own_folder()
folder = Path(tempfile.mkdtemp())
(folder / "left").touch()
command = [sys.executable, "-c", "import tempfile; print(tempfile.mkdtemp())"]
child = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
assert Path(child).parent == folder.parent
assert folder.parent.name.startswith("bert-aas-tmp-")
"""
HELD = f"{TAKE}\nprint(folder, flush=True)\nsys.stdin.read()"
AN_HOUR_AGO = time.time() - 3600


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def run(code: str) -> int:
    return subprocess.run([sys.executable, "-c", code], check=False).returncode


def held(folder: Path) -> "subprocess.Popen[str]":
    """A process that has a folder, and waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", HELD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(str(folder))
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        ("", 0),
        ("sys.exit(3)", 3),
        ("leave_own_folder(); os._exit(4)", 4),
        ("import atexit; atexit.register(tempfile.mkdtemp)", 0),  # libraries clean up later
        ("take_own_folder()", 0),
        ("pid = os.fork() or sys.exit(0); os.waitpid(pid, 0); assert folder.exists()", 0),
    ],
)
def test_nothing_stays(ending: str, code: int, place: Path) -> None:
    assert run(f"{TAKE}\n{ending}") == code
    assert [*place.iterdir()] == []


def test_the_next_process_removes_what_a_killed_one_left(place: Path) -> None:
    end(held(place))
    (left,) = place.iterdir()
    assert run(TAKE) == 0
    assert left.exists()  # a young one may be about to be locked
    os.utime(left, (AN_HOUR_AGO, AN_HOUR_AGO))
    assert run(TAKE) == 0
    assert [*place.iterdir()] == []


def test_the_folder_of_a_living_process_and_those_of_others_stay(place: Path) -> None:
    process = held(place)
    (mine,) = place.iterdir()
    (place / "another").mkdir()
    target = place / "target"
    target.mkdir()
    (place / "bert-aas-tmp-link").symlink_to(target)
    for path in place.iterdir():
        os.utime(path, (AN_HOUR_AGO, AN_HOUR_AGO), follow_symlinks=False)
    before = sorted(place.iterdir())
    assert run(TAKE) == 0
    assert sorted(place.iterdir()) == before
    assert any(mine.iterdir())
    end(process)


def test_without_a_place_for_temporary_files_nothing_changes(place: Path) -> None:
    code = """
import tempfile
from bert_aas.contracts.files.own_temporary import take_own_folder
tempfile.tempdir = "/nowhere"
take_own_folder()
assert tempfile.tempdir == "/nowhere"
"""
    assert run(code) == 0
