import os
import platform
import subprocess
import sys
from pathlib import Path
from venv import create

import pytest

from tools import setup_environment
from tools.setup_environment import CURRENT, OLDER, STACKS, NoStackError, Stack, choose_stack

OF_OLDER = (3, 10)
DEBIAN_12, DEBIAN_13 = (2, 36), (2, 41)
HERE = next(stack for stack in STACKS.values() if sys.version_info[:2] in stack.pythons)


@pytest.fixture(autouse=True)
def _no_choice_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STACK", raising=False)
    monkeypatch.setattr(sys, "argv", ["setup_environment.py"])


@pytest.fixture
def venv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The place of `.venv`, which was not built yet."""
    monkeypatch.setattr(setup_environment, "VENV", tmp_path / ".venv")
    return tmp_path / ".venv"


def machine(
    monkeypatch: pytest.MonkeyPatch, glibc: "tuple[int, int] | None", *pythons: tuple[int, int]
) -> None:
    """Pretend to be a machine with a C library and these versions of Python."""

    def find_python(stack: Stack) -> str | None:
        return next((f"python{v}" for v in stack.pythons if v in pythons), None)

    monkeypatch.setattr(setup_environment, "find_glibc", lambda: glibc)
    monkeypatch.setattr(setup_environment, "find_python", find_python)


def test_this_interpreter_is_found_first() -> None:
    assert setup_environment.find_python(HERE) == sys.executable


def test_another_version_is_not_wanted() -> None:
    stack = Stack("future", ((3, 99),), (2, 28), "TFX 9", "Debian 99")

    assert not setup_environment.is_wanted(sys.executable, stack)
    assert setup_environment.find_python(stack) is None


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
def test_the_c_library_is_the_one_that_python_names() -> None:
    found = setup_environment.find_glibc()

    name, release = platform.libc_ver()
    assert (name, found) == ("glibc", tuple(map(int, release.split(".")[:2])))


@pytest.mark.parametrize(("name", "found"), [("musl 1.2.5", None), ("glibc 2.41", (2, 41))])
def test_another_c_library_is_none(
    monkeypatch: pytest.MonkeyPatch, name: str, found: "tuple[int, int] | None"
) -> None:
    monkeypatch.setattr(os, "confstr", lambda _: name)

    assert setup_environment.find_glibc() == found


@pytest.mark.parametrize(
    ("glibc", "pythons", "stack", "why"),
    [
        (DEBIAN_13, [(3, 13)], CURRENT, "this machine has glibc 2.41 and a Python for it"),
        (DEBIAN_13, [(3, 12), OF_OLDER], CURRENT, "glibc 2.41"),
        (DEBIAN_13, [OF_OLDER], OLDER, "no Python 3.11, 3.12 or 3.13 was found"),
        (DEBIAN_12, [(3, 11), OF_OLDER], OLDER, "glibc 2.39 or newer (Ubuntu 24.04, Debian 13"),
    ],
)
@pytest.mark.usefixtures("venv")
def test_the_machine_decides(
    monkeypatch: pytest.MonkeyPatch,
    glibc: tuple[int, int],
    pythons: list[tuple[int, int]],
    stack: Stack,
    why: str,
) -> None:
    machine(monkeypatch, glibc, *pythons)

    chosen, reason = choose_stack("")

    assert (chosen, why in reason) == (stack, True), reason


@pytest.mark.parametrize(
    ("glibc", "pythons", "asked", "message"),
    [
        (DEBIAN_12, [(3, 11), OF_OLDER], "current", "it needs glibc 2.39 or newer"),
        (DEBIAN_13, [OF_OLDER], "current", "apt-get install python3.13 python3.13-venv"),
        (DEBIAN_13, [(3, 13)], "older", "Python 3.10 was not found: install it"),
        (DEBIAN_13, [(3, 13)], "newest", "there are the stacks `current` and `older`"),
        (DEBIAN_12, [(3, 11)], "", "Python 3.10 was not found: install it"),
        (DEBIAN_13, [(3, 14)], "", "Python 3.11, 3.12 or 3.13 was not found"),
        ((2, 27), [OF_OLDER], "", "This machine has glibc 2.27; TFX needs Ubuntu 24.04"),
        (None, [(3, 13)], "", "Use a container or a virtual machine with Ubuntu 24.04"),
    ],
)
@pytest.mark.usefixtures("venv")
def test_where_nothing_fits_a_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    glibc: "tuple[int, int] | None",
    pythons: list[tuple[int, int]],
    asked: str,
    message: str,
) -> None:
    machine(monkeypatch, glibc, *pythons)
    monkeypatch.setenv("STACK", asked)

    assert setup_environment.main() == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not setup_environment.VENV.exists()


@pytest.mark.parametrize(
    ("glibc", "pythons", "missing"),
    [
        ((2, 35), [(3, 12)], "3.10"),  # Colab in 2026
        ((2, 35), [(3, 12), OF_OLDER], ""),
        (DEBIAN_13, [(3, 12)], ""),
        (DEBIAN_13, [OF_OLDER], ""),
        (DEBIAN_13, [(3, 14)], "3.13"),
        (None, [(3, 14)], ""),
    ],
)
def test_colab_is_told_which_python_to_install_first(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    glibc: "tuple[int, int] | None",
    pythons: list[tuple[int, int]],
    missing: str,
) -> None:
    machine(monkeypatch, glibc, *pythons)
    monkeypatch.setattr(sys, "argv", ["setup_environment.py", "--missing-python"])

    assert setup_environment.main() == 0
    assert capsys.readouterr().out.strip() == missing


def test_another_processor_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, DEBIAN_13, (3, 13))
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")

    with pytest.raises(NoStackError, match=r"x86-64 alone; this is \w+ on aarch64"):
        choose_stack("")


def test_every_environment_takes_the_stack_of_the_first(
    monkeypatch: pytest.MonkeyPatch, venv: Path
) -> None:
    machine(monkeypatch, DEBIAN_13, (3, 13), OF_OLDER)
    venv.mkdir()
    stamp = venv / ".locks"

    assert choose_stack("")[0] is CURRENT
    stamp.write_text("main.txt=abc\nstack=older")
    assert choose_stack("") == (OLDER, ".venv has it")
    stamp.write_text("main.txt=abc")  # as the releases wrote it that knew one stack
    assert choose_stack("")[0] is OLDER
    assert choose_stack("current") == (CURRENT, "STACK asks for it")


def test_an_environment_that_is_up_to_date_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, venv: Path
) -> None:
    root = setup_environment.ROOT
    files = {name: root / "requirements" / "older" / name for name in setup_environment.LOCKS}
    files |= {name: root / name for name in ("setup.py", "bert_aas/version.py")}
    stamp = [f"{name}={setup_environment.digest(path)}" for name, path in files.items()]
    venv.mkdir()
    (venv / ".locks").write_text("\n".join([*stamp, "stack=older"]))
    machine(monkeypatch, DEBIAN_12, OF_OLDER)
    monkeypatch.setattr(setup_environment, "build", None)  # a call would fail

    assert setup_environment.main() == 0


@pytest.mark.parametrize("changed", ["main.txt", "setup.py", "bert_aas/version.py"])
def test_a_change_builds_the_environment_again(
    monkeypatch: pytest.MonkeyPatch, venv: Path, changed: str
) -> None:
    built: list[object] = []
    digests = {True: "new", False: "old"}
    venv.mkdir()
    machine(monkeypatch, DEBIAN_12, OF_OLDER)
    monkeypatch.setattr(setup_environment, "digest", lambda path: "old")
    monkeypatch.setattr(setup_environment, "build", lambda *given: built.append(given))
    assert (setup_environment.main(), len(built)) == (0, 1)
    assert (setup_environment.main(), len(built)) == (0, 1)
    monkeypatch.setattr(
        setup_environment, "digest", lambda path: digests[str(path).endswith(changed)]
    )
    assert (setup_environment.main(), len(built)) == (0, 2)


def test_another_stack_builds_the_environment_again_and_is_said(
    monkeypatch: pytest.MonkeyPatch, venv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built: list[str] = []
    venv.mkdir()
    machine(monkeypatch, DEBIAN_13, (3, 13), OF_OLDER)
    monkeypatch.setattr(
        setup_environment, "build", lambda _python, _venv, stack, _locks: built.append(stack.name)
    )
    for asked in ("", "older", ""):
        monkeypatch.setenv("STACK", asked)
        assert setup_environment.main() == 0

    assert built == ["current", "older"]
    assert "the stack `older` (TFX 1.16, TensorFlow 2.16): STACK asks" in capsys.readouterr().out


def test_what_is_installed_is_compiled_whatever_a_process_may_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    python = str(tmp_path / "environment" / "bin" / "python")
    create(tmp_path / "environment", symlinks=True)
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.check_output([python, "-c", code], text=True).strip())
    (packages / "sound.py").write_text("answer = '\\('  # 3.12 and newer warn of this\n")
    (packages / "old.py").write_text("print 'Python 2'\n")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    setup_environment.compile_packages(python)

    compiled = [path.name.partition(".")[0] for path in packages.glob("__pycache__/*.pyc")]
    assert compiled == ["sound"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("option", "name", "lock"),
    [
        ([], ".venv", "main.txt"),
        (["--dev"], ".venv", "dev.txt"),
        (["--serving"], ".venv-serving", "serving.txt"),
        (["--airflow"], ".venv-airflow", "airflow.txt"),
        (["--airflow3"], ".venv-airflow3", "airflow3.txt"),
        (["--bench"], ".venv-bench", "bench.txt"),
        (["--oracles"], ".venv-oracles", "oracles.txt"),
        (["--mlflow"], ".venv-mlflow", "mlflow.txt"),
    ],
)
@pytest.mark.parametrize("stack", STACKS)
def test_each_option_has_its_environment_and_locks(
    monkeypatch: pytest.MonkeyPatch, option: list[str], name: str, lock: str, stack: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["setup_environment.py", *option])

    venv, locks, _ = setup_environment.chosen()

    assert venv == setup_environment.ROOT / name
    assert lock in locks
    folder = setup_environment.ROOT / "requirements" / stack
    assert all((folder / each).is_file() for each in locks)


@pytest.mark.parametrize("name", ["airflow", "airflow3"])
@pytest.mark.parametrize("stack", STACKS)
def test_airflow_has_neither_tfx_nor_tensorflow(stack: str, name: str) -> None:
    lock = (setup_environment.ROOT / "requirements" / stack / f"{name}.txt").read_text()

    assert "apache-airflow==" in lock
    assert not {"tfx", "tensorflow", "apache-beam"} & {
        line.partition("==")[0] for line in lock.splitlines()
    }


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_what_a_stack_is_said_to_have_stands_in_its_lock(stack: Stack) -> None:
    lock = (setup_environment.ROOT / "requirements" / stack.name / "main.txt").read_text()

    for said in stack.contents.split(", "):
        name, _, release = said.lower().partition(" ")
        assert f"\n{name}=={release}." in lock
