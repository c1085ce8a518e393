"""Where SQL looks for the catalogue and for runs."""

from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from pipeline.querying.places import open_catalogue, requests_folder, run_folders


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("CATALOG", "CAPTURED"):
        monkeypatch.delenv(f"BERT_AAS_{name}", raising=False)
    return tmp_path


def test_the_catalogue_is_the_projects(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_catalogue().file == folder / ".bert-aas" / "catalog.json"
    monkeypatch.setenv("BERT_AAS_CATALOG", str(folder / "shared.json"))
    assert open_catalogue().file == folder / "shared.json"
    assert open_catalogue("mine.json").file == folder / "mine.json"


def test_captured_requests_are_the_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    assert requests_folder() == Path("captured")
    monkeypatch.setenv("BERT_AAS_CAPTURED", "/elsewhere")
    assert requests_folder() == Path("/elsewhere")


def test_runs_are_looked_for_in_output(folder: Path) -> None:
    assert run_folders() == []
    for name in ("output/demo", "output/other", "elsewhere"):
        (folder / name).mkdir(parents=True)
    (folder / "output" / "notes.txt").touch()
    (folder / "output" / "demo" / "metadata.sqlite").touch()
    (folder / "elsewhere" / "metadata.sqlite").touch()
    assert run_folders() == [str(folder / "output" / "demo")]
    assert run_folders(["elsewhere", "elsewhere"]) == [str(folder / "elsewhere")]


@pytest.mark.parametrize("given", ["output/none", "gs://bucket/output"])
def test_a_folder_without_runs_is_refused(given: str) -> None:
    with pytest.raises(InvalidInputError, match=f"there are no runs in {given}"):
        run_folders([given])
