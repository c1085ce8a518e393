import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.importing.archives import extract_archive


def _tar(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            member.size = 3 if member.isreg() else 0
            tar.addfile(member, io.BytesIO(b"abc") if member.isreg() else None)
    return path


def _zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name in names:
            packed.writestr(name, "abc")
    return path


def _link() -> tarfile.TarInfo:
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    return link


@pytest.mark.parametrize("name", ["m.tar.gz", "m.tgz", "m.zip"])
def test_a_flat_archive_becomes_the_folder(tmp_path: Path, name: str) -> None:
    files = ("./saved_model.pb", "assets/vocab.txt")
    if name.endswith("zip"):
        archive = _zip(tmp_path / name, *files)
    else:
        archive = _tar(tmp_path / name, *map(tarfile.TarInfo, files))

    folder = extract_archive(archive, tmp_path / "out")

    assert folder == tmp_path / "out"
    assert (folder / "saved_model.pb").read_text() == "abc"
    assert (folder / "assets" / "vocab.txt").read_text() == "abc"


def test_an_archive_of_one_folder_gives_that_folder(tmp_path: Path) -> None:
    archive = _zip(tmp_path / "m.zip", "bert/saved_model.pb", "bert/assets/vocab.txt")

    assert extract_archive(archive, tmp_path / "out") == tmp_path / "out" / "bert"


def test_an_extracted_archive_is_used_again(tmp_path: Path) -> None:
    archive = _zip(tmp_path / "m.zip", "saved_model.pb")
    folder = extract_archive(archive, tmp_path / "out")
    (folder / "saved_model.pb").write_text("seen")

    assert (extract_archive(archive, tmp_path / "out") / "saved_model.pb").read_text() == "seen"


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "..\\evil"])
@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_a_path_outside_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    archive = tmp_path / f"m.{kind}"
    if kind == "zip":
        _zip(archive, name)
    else:
        _tar(archive, tarfile.TarInfo(name))

    with pytest.raises(InvalidInputError, match="a path outside itself"):
        extract_archive(archive, tmp_path / "cache" / "out")

    assert list((tmp_path / "cache").iterdir()) == []
    assert not (tmp_path / "evil").exists()


def test_a_link_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="neither file nor folder"):
        extract_archive(_tar(tmp_path / "m.tgz", _link()), tmp_path / "out")


@pytest.mark.parametrize("name", ["m.tar.gz", "m.zip"])
def test_a_damaged_archive_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x1f\x8b not an archive")

    with pytest.raises(InvalidInputError, match="cannot be extracted"):
        extract_archive(tmp_path / name, tmp_path / "out")


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.tar.gz"])
def test_a_bomb_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("models.encoders.importing.archives._ALWAYS_FINE", 100_000)
    content = bytes(5_000_000)
    if name.endswith("zip"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("saved_model.pb", content)
    else:
        with tarfile.open(tmp_path / name, "w:gz") as tar:
            member = tarfile.TarInfo("saved_model.pb")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))

    with pytest.raises(InvalidInputError, match="unpacks to more than 50 times its size"):
        extract_archive(tmp_path / name, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == [name]
