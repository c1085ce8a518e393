from pathlib import Path

import pytest

from models.encoders.sources import absolute_source, spelt_source


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")
    (tmp_path / "minilm").mkdir()


def test_a_name_is_a_name_whatever_files_are_called() -> None:
    assert absolute_source("minilm") == "minilm"


def test_everything_else_is_a_path_whether_it_is_there_or_not(tmp_path: Path) -> None:
    assert absolute_source("./minilm") == f"{tmp_path}/minilm"
    assert absolute_source("my-bert") == f"{tmp_path}/my-bert"
    assert absolute_source("~/my-bert") == "/home/ann/my-bert"
    assert absolute_source("https://tfhub.dev/x/1") == "https://tfhub.dev/x/1"


def test_a_path_is_spelt_so_that_it_is_no_name() -> None:
    assert spelt_source(Path("minilm")) == "./minilm"
    assert absolute_source(spelt_source(Path("minilm"))) != "minilm"
    assert spelt_source(Path("encoders/minilm")) == "encoders/minilm"
