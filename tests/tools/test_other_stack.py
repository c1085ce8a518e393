import os
import sys
from pathlib import Path

import pytest

from tools import debian_root, other_stack, setup_environment
from tools.setup_environment import CURRENT, OLDER, Stack


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], Path]]:
    """What would have been run: stack, command and folder."""
    calls: list[tuple[str, list[str], Path]] = []

    def run(stack: Stack, command: list[str], folder: Path) -> int:
        calls.append((stack.name, command, folder))
        return 5

    monkeypatch.setattr(other_stack, "run", run)
    monkeypatch.delenv("OTHER_STACK", raising=False)
    return calls


def machine(monkeypatch: pytest.MonkeyPatch, own: Stack, lacking: str, no_root: str = "") -> None:
    monkeypatch.setattr(setup_environment, "stack_of", lambda _: own)
    monkeypatch.setattr(setup_environment, "lacking", lambda stack, _: lacking)
    monkeypatch.setattr(debian_root, "missing", lambda: no_root)


def test_an_older_machine_tests_the_current_stack_in_a_root(
    monkeypatch: pytest.MonkeyPatch, started: list[tuple[str, list[str], Path]]
) -> None:
    machine(monkeypatch, OLDER, "it needs glibc 2.39")

    assert other_stack.main() == 5
    ((name, command, folder),) = started
    assert (name, folder) == ("current", setup_environment.ROOT)
    assert command[:2] == [sys.executable, debian_root.__file__]
    assert command[-1] == other_stack.TESTS


def test_a_machine_with_both_tests_in_a_copy_that_keeps_its_environments(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    started: list[tuple[str, list[str], Path]],
) -> None:
    machine(monkeypatch, CURRENT, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert other_stack.main() == 5
    copy = started[0][2]
    (copy / ".venv").mkdir(exist_ok=True)
    (copy / ".venv" / "kept").touch()
    (copy / "tools" / "gone.py").touch()

    assert other_stack.main() == 5

    assert {(name, command[-1], folder) for name, command, folder in started} == {
        ("older", other_stack.TESTS, copy)
    }
    assert copy.is_relative_to(tmp_path)
    assert (copy / "setup.py").read_bytes() == (setup_environment.ROOT / "setup.py").read_bytes()
    assert os.access(copy / ".ci" / "run", os.R_OK)
    assert (copy / ".venv" / "kept").exists()
    assert not (copy / "tools" / "gone.py").exists()


@pytest.mark.parametrize(
    ("own", "lacking", "no_root"),
    [
        (OLDER, "it needs glibc 2.39", "it needs the rights of root (sudo)"),
        (CURRENT, "no Python 3.10 was found", "its Python is missing"),
    ],
)
def test_where_it_cannot_run_a_sentence_says_why(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own: Stack,
    lacking: str,
    no_root: str,
) -> None:
    machine(monkeypatch, own, lacking, no_root)

    assert other_stack.main() == 0  # it would be 5 if it had run
    assert f"is not tested here: {lacking}; {no_root}\n" in capsys.readouterr().out


def test_it_can_be_left_out(
    monkeypatch: pytest.MonkeyPatch, started: list[tuple[str, list[str], Path]]
) -> None:
    monkeypatch.setenv("OTHER_STACK", "no")

    assert (other_stack.main(), started) == (0, [])
