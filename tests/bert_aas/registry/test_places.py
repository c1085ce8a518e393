"""Where a registry is."""

from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.registry.places import registry_place


def test_an_output_folder_has_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = registry_place("output")
    assert place.file == tmp_path / "output" / "registry.db"
    assert place.files == str(tmp_path / "output" / "registry_files")


def test_a_file_can_be_named(tmp_path: Path) -> None:
    assert registry_place(f"sqlite:///{tmp_path}/models.db").file == tmp_path / "models.db"


def test_a_server_has_neither_file_nor_folder() -> None:
    place = registry_place("https://mlflow.example/")
    assert (place.url, place.file, place.files) == ("https://mlflow.example", None, None)


def test_a_storage_is_none() -> None:
    with pytest.raises(InvalidInputError, match="gs://bucket/a cannot hold a registry"):
        registry_place("gs://bucket/a")
