"""The root for the other stack. Here a folder with this machine's own programs stands for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import debian_root

PROGRAM = debian_root.ROOT / "tools" / "debian_root.py"
WHY_NOT = debian_root.missing()
in_a_root = pytest.mark.skipif(
    bool(WHY_NOT) and "debootstrap" not in WHY_NOT, reason=f"no root here: {WHY_NOT}"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root that was made already: its programs are those of this machine."""
    root = tmp_path / "kept" / "root"
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    (root / "etc").mkdir()
    (root / "tmp").mkdir()
    (tmp_path / "kept" / "made").touch()
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "debootstrap").symlink_to("/bin/false")  # nothing is made in these tests
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return tmp_path / "kept"


def run(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    options = ("--folder", str(folder), "--bind", "/usr")
    return subprocess.run(
        [sys.executable, str(PROGRAM), *options, *command],
        capture_output=True,
        text=True,
        check=False,
    )


@in_a_root
def test_the_checkout_is_at_its_path_with_environments_of_the_roots_own(folder: Path) -> None:
    done = run(folder, "sh", "-c", "pwd; ls -A .venv; touch .venv/made-inside; test -f setup.py")

    assert (done.returncode, done.stdout) == (0, f"{debian_root.ROOT}\n"), done.stderr
    assert list(folder.glob("own/*/.venv/made-inside"))
    assert not (debian_root.ROOT / ".venv" / "made-inside").exists()


@in_a_root
def test_its_exit_code_is_the_commands_and_no_mount_is_left(folder: Path) -> None:
    assert run(folder, "sh", "-c", "exit 7").returncode == 7
    assert str(folder) not in Path("/proc/self/mounts").read_text()


@in_a_root
def test_what_is_bound_can_only_be_read(folder: Path) -> None:
    done = run(folder, "touch", "/usr/written")

    assert done.returncode == 1
    assert "Read-only file system" in done.stderr


@in_a_root
def test_a_root_that_cannot_be_made_is_said_with_the_log(folder: Path) -> None:
    (folder / "made").unlink()

    done = run(folder, "true")

    assert done.returncode == 1
    assert done.stderr == (
        f"debootstrap ended with exit code 1; see {folder / 'debootstrap.log'}\n"
    )
    assert not (folder / "made").exists()


@in_a_root
def test_packages_that_cannot_be_installed_are_said_with_the_log(folder: Path) -> None:
    done = run(folder, "--packages", "no-such-package-anywhere", "true")

    log = folder / "apt.log"
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("apt-get ended with exit code ")
    assert done.stderr.endswith(f"; see {log}\n")


def test_without_the_rights_a_sentence_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["debian_root.py", "--folder", str(tmp_path), "true"])

    assert debian_root.main() == 2
    assert capsys.readouterr().err == (
        "No Debian 13 root here: it needs the rights of root (sudo).\n"
    )


def test_a_command_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["debian_root.py"])

    with pytest.raises(SystemExit) as ended:
        debian_root.main()
    assert ended.value.code == 2
    assert "name the command that shall run in the root" in capsys.readouterr().err


def test_package_clients_find_what_they_have_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    index, wheels = tmp_path / "index", tmp_path / "wheels"
    (index / "simple").mkdir(parents=True)
    wheels.mkdir()
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[global]\nextra-index-url = file://{index}/simple\n")
    monkeypatch.setattr(debian_root, "CLIENTS", (str(settings),))
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))

    found = debian_root.clients()

    assert found[0] == settings
    assert {index, wheels} <= set(found)


def test_only_what_clients_and_tests_ask_for_is_handed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "PIP_INDEX_URL": "https://example.com/simple",
        "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
        "https_proxy": "http://localhost:3128",
        "STACK": "current",
        "CI": "true",
    }
    kept_out = {"PYTHONPATH": "/elsewhere", "LD_LIBRARY_PATH": "/elsewhere", "JAVA_HOME": "/opt"}
    for name, value in (given | kept_out).items():
        monkeypatch.setenv(name, value)

    handed = dict(line.split("=", 1) for line in debian_root.variables())

    assert given.items() <= handed.items()
    assert not kept_out.keys() & handed.keys()
