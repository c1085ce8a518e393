"""Which model a user means."""

import shutil
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.governance.asked import Asked
from pipeline.governance.models import find_model
from tests.pipeline.stored_model import AGAIN, LATER, MADE


def test_a_version_folder_is_found_by_the_metadata_around_it(version: Path) -> None:
    found = find_model(Asked(str(version)))
    assert found.folder == str(version)
    assert found.place == str(version.parents[1])


def test_the_folder_of_versions_means_the_newest(version: Path) -> None:
    (version.parent / "6").mkdir()
    (version.parent / "6" / "saved_model.pb").touch()
    assert find_model(Asked(str(version.parent))).folder == str(version)


def test_a_folder_elsewhere_needs_the_output_folder(
    version: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "output" / "serving_model")
    moved = tmp_path / "metadata.moved"
    moved.mkdir()
    shutil.move(tmp_path / "output" / "metadata.sqlite", moved / "metadata.sqlite")
    with pytest.raises(InvalidInputError, match=r"no run pushed the model in .*/7, and no command"):
        find_model(Asked(str(version)))
    assert find_model(Asked(str(version), output_dir=str(moved))).folder == str(version)
    url = f"sqlite:///{moved}/metadata.sqlite"
    assert find_model(Asked(str(version), metadata_url=url)).folder == str(version)


def test_a_run_means_what_it_pushed(version: Path, tmp_path: Path) -> None:
    output = str(tmp_path / "output")
    for run in (MADE, AGAIN):
        assert find_model(Asked(run, output_dir=output)).folder == str(version)
    with pytest.raises(InvalidInputError, match=f"the run {LATER} pushed no model"):
        find_model(Asked(LATER, output_dir=output))


def test_runs_are_looked_for_in_the_working_folder(
    version: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_model(Asked(AGAIN)).folder == str(version)
    with pytest.raises(
        InvalidInputError, match=r"nope is neither a folder nor a run .* no registry"
    ):
        find_model(Asked("nope"))
    with pytest.raises(InvalidInputError, match="a/b/c is neither a folder nor a run"):
        find_model(Asked("a/b/c"))


def test_a_model_of_nobody_is_refused(version: Path, tmp_path: Path) -> None:
    stray = tmp_path / "stray"
    shutil.copytree(version, stray)
    with pytest.raises(InvalidInputError, match=r"no run pushed the model in .*/stray"):
        find_model(Asked(str(stray), output_dir=str(tmp_path / "output")))
