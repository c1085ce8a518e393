"""What the environment decides."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.environment import child_environment, pipelines_dir


@pytest.mark.parametrize(("given", "kept"), [({}, "3"), ({"TF_CPP_MIN_LOG_LEVEL": "0"}, "0")])
def test_tensorflow_is_quiet_unless_asked_otherwise(given: dict[str, str], kept: str) -> None:
    program = (
        "import os; from pipeline.environment import quiet_libraries; quiet_libraries(); "
        "print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == kept


def test_folder_of_pipelines_is_named_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_AAS_PIPELINES", "/data/pipelines")

    assert pipelines_dir(Path("beside")) == Path("/data/pipelines")


def test_folder_of_pipelines_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BERT_AAS_PIPELINES", raising=False)

    assert pipelines_dir(Path("beside")) == Path("beside")


def test_child_processes_write_each_line_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    monkeypatch.setenv("SOMETHING", "kept")

    assert child_environment()["PYTHONUNBUFFERED"] == "1"
    assert child_environment()["SOMETHING"] == "kept"
