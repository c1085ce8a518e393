import sys
from pathlib import Path

import pytest

from tools import setup_environment


def test_this_interpreter_is_found_first() -> None:
    assert setup_environment.find_python() == sys.executable


def test_another_version_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup_environment, "WANTED", (3, 99))

    assert not setup_environment.is_wanted(sys.executable)


def test_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup_environment, "WANTED", (3, 99))
    monkeypatch.setattr(setup_environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(sys, "argv", ["setup_environment.py"])

    assert setup_environment.main() == 2
    assert "was not found: install it" in capsys.readouterr().err
    assert not (tmp_path / ".venv").exists()


def test_an_environment_that_is_up_to_date_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = setup_environment.ROOT
    files = {name: root / "requirements" / name for name in setup_environment.LOCKS}
    files |= {name: root / name for name in ("setup.py", "bert_aas/version.py")}
    stamp = [f"{name}={setup_environment.digest(path)}" for name, path in files.items()]
    (tmp_path / ".locks").write_text("\n".join(stamp))
    monkeypatch.setattr(setup_environment, "VENV", tmp_path)
    monkeypatch.setattr(setup_environment, "build", None)  # a call would fail
    monkeypatch.setattr(sys, "argv", ["setup_environment.py"])

    assert setup_environment.main() == 0


@pytest.mark.parametrize("changed", ["main.txt", "setup.py", "bert_aas/version.py"])
def test_a_change_builds_the_environment_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, changed: str
) -> None:
    built: list[object] = []
    digests = {True: "new", False: "old"}
    monkeypatch.setattr(setup_environment, "VENV", tmp_path)
    monkeypatch.setattr(setup_environment, "digest", lambda path: "old")
    monkeypatch.setattr(setup_environment, "build", lambda *given: built.append(given))
    monkeypatch.setattr(sys, "argv", ["setup_environment.py"])
    assert (setup_environment.main(), len(built)) == (0, 1)
    assert (setup_environment.main(), len(built)) == (0, 1)
    monkeypatch.setattr(
        setup_environment, "digest", lambda path: digests[str(path).endswith(changed)]
    )
    assert (setup_environment.main(), len(built)) == (0, 2)


@pytest.mark.parametrize(
    ("option", "name", "lock"),
    [
        ([], ".venv", "main.txt"),
        (["--dev"], ".venv", "dev.txt"),
        (["--serving"], ".venv-serving", "serving.txt"),
        (["--airflow"], ".venv-airflow", "airflow.txt"),
        (["--airflow3"], ".venv-airflow3", "airflow3.txt"),
        (["--bench"], ".venv-bench", "bench.txt"),
    ],
)
def test_each_option_has_its_environment_and_locks(
    monkeypatch: pytest.MonkeyPatch, option: list[str], name: str, lock: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["setup_environment.py", *option])

    venv, locks, _ = setup_environment.chosen()

    assert venv == setup_environment.ROOT / name
    assert lock in locks
    assert all((setup_environment.ROOT / "requirements" / each).is_file() for each in locks)


@pytest.mark.parametrize("name", ["airflow", "airflow3"])
def test_airflow_has_neither_tfx_nor_tensorflow(name: str) -> None:
    lock = (setup_environment.ROOT / "requirements" / f"{name}.txt").read_text()

    assert "apache-airflow==" in lock
    assert not {"tfx", "tensorflow", "apache-beam"} & {
        line.partition("==")[0] for line in lock.splitlines()
    }
