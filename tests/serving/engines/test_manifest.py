import errno
import json
from pathlib import Path
from typing import Any

import pytest

from bert_aas.contracts.model_forms import FOLDER, FORMAT, MANIFEST
from serving.engines.errors import EngineUnavailableError
from serving.engines.manifest import Variant, read_variants
from tests.serving.engines.conftest import variant, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "model.xml").write_text("a model")
    return tmp_path


def test_variants_that_were_kept_in_their_order(folder: Path) -> None:
    write_manifest(folder, [variant("bf16"), variant("i8", kept=False), variant("f32")])
    file = folder / FOLDER / "model.xml"
    assert read_variants(folder) == (Variant("bf16", "bf16", file), Variant("f32", "f32", file))


@pytest.mark.parametrize("entries", [[], [variant("bf16", kept=False)]])
def test_nothing_kept_is_no_surprise(folder: Path, entries: list[dict[str, Any]]) -> None:
    write_manifest(folder, entries)
    with pytest.raises(EngineUnavailableError, match="kept no variant") as raised:
        read_variants(folder)
    assert raised.value.is_expected


def test_a_model_of_another_origin_is_no_surprise(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="has no converted model") as raised:
        read_variants(tmp_path)
    assert raised.value.is_expected


def test_a_file_that_is_not_the_verified_one(folder: Path) -> None:
    write_manifest(folder, [variant("f32")])
    (folder / FOLDER / "model.xml").write_text("another")
    with pytest.raises(EngineUnavailableError, match=r"model\.xml is not the file") as raised:
        read_variants(folder)
    assert not raised.value.is_expected


def test_a_missing_file(folder: Path) -> None:
    write_manifest(folder, [variant("f32")])
    (folder / FOLDER / "model.xml").unlink()
    with pytest.raises(EngineUnavailableError, match=r"is damaged \(FileNotFoundError"):
        read_variants(folder)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is damaged .JSONDecodeError"),
        ("[]", "is damaged .TypeError"),
        ("{}", "is damaged .KeyError"),
        (json.dumps({"format": FORMAT, "variants": [{"kept": True}]}), "is damaged .KeyError"),
        (json.dumps({"format": FORMAT + 1}), f"is of format {FORMAT + 1}"),
    ],
)
def test_a_manifest_that_cannot_be_read(folder: Path, text: str, reason: str) -> None:
    (folder / FOLDER / MANIFEST).write_text(text)
    with pytest.raises(EngineUnavailableError, match=reason):
        read_variants(folder)


def test_no_file_outside_of_the_folder_is_read(folder: Path) -> None:
    write_manifest(folder, [{**variant("f32"), "file": "../../model.xml"}])
    (found,) = read_variants(folder)
    assert found.file == folder / FOLDER / "model.xml"


def test_a_folder_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refuse)  # root may read everything
    with pytest.raises(EngineUnavailableError, match=r"is damaged \(PermissionError"):
        read_variants(folder)
