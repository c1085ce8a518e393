import re
import subprocess

import pytest

from tools.lock_requirements import OPTIONS, PYTHONS, REQUIREMENTS, command


@pytest.mark.parametrize("stack", PYTHONS)
@pytest.mark.parametrize("name", OPTIONS)
def test_every_lock_is_made_by_the_command_and_has_hashes(stack: str, name: str) -> None:
    assert command(stack, name, keep=False)[-1] == f"{stack}/{name}.txt"
    packages = re.split(r"\n(?=\S)", (REQUIREMENTS / stack / f"{name}.txt").read_text())[2:]
    assert packages
    assert all("--hash=sha256:" in package for package in packages)


def test_there_are_no_other_locks() -> None:
    made = {f"{stack}/{name}.txt" for stack in PYTHONS for name in OPTIONS}

    assert {str(path.relative_to(REQUIREMENTS)) for path in REQUIREMENTS.glob("*/*")} == made


def test_a_second_file_keeps_the_releases_of_the_first() -> None:
    assert "current/main.txt" in command("current", "serving", keep=True)
    assert "--upgrade" not in command("current", "serving", keep=True)


@pytest.mark.parametrize("target", ["lock", "audit"])
def test_a_stack_that_cannot_run_here_can_be_resolved_and_looked_up(target: str) -> None:
    shown = subprocess.run(
        ["make", "--dry-run", target, "STACK=current"],  # noqa: S607 - found on the PATH
        cwd=REQUIREMENTS.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in shown.stdout.splitlines() if "Entering" not in line]
    set_up, work = lines[0], " ".join(lines[1:])
    assert set_up.startswith("env -u STACK ")
    assert "current" in work
    assert "setup_environment" not in work


@pytest.mark.parametrize("name", ["tensorflow-text", "tensorflow-serving-api", "protobuf", "numpy"])
@pytest.mark.parametrize("stack", PYTHONS)
def test_the_server_alone_has_the_releases_of_a_run(stack: str, name: str) -> None:
    texts = [(REQUIREMENTS / stack / f"{lock}.txt").read_text() for lock in OPTIONS]
    pattern = re.compile(rf"^{name}==(\S+)", re.MULTILINE)
    main = pattern.findall((REQUIREMENTS / stack / "main.txt").read_text())
    alone = [text for lock, text in zip(OPTIONS, texts, strict=True) if lock.startswith("serving")]

    assert main
    assert [found for text in alone for found in pattern.findall(text)] == main
