"""The cache folder, by the environment."""

from pathlib import Path

import pytest

from models.environment import cache_dir


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
