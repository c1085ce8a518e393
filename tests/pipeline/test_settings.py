"""The cache folder, by the environment."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.settings import cache_dir


def test_the_projects_variable_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_AAS_CACHE", "/somewhere/else")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_dir() == Path("/somewhere/else")


def test_then_the_desktops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BERT_AAS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_dir() == Path("/xdg/bert-aas")


def test_then_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BERT_AAS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setenv("HOME", "/home/ann")
    assert cache_dir() == Path("/home/ann/.cache/bert-aas")


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("BERT_AAS_CACHE", "~/encoders")
    assert cache_dir() == Path("/home/ann/encoders")


@pytest.mark.parametrize(("given", "kept"), [({}, "3"), ({"TF_CPP_MIN_LOG_LEVEL": "0"}, "0")])
def test_tensorflow_is_quiet_unless_asked_otherwise(given: dict[str, str], kept: str) -> None:
    program = (
        "import os; from pipeline.settings import quiet_libraries; quiet_libraries(); "
        "print(os.environ['TF_CPP_MIN_LOG_LEVEL'])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == kept
