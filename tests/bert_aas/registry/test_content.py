"""The hash of a folder."""

import hashlib
from pathlib import Path

import pytest

from bert_aas.contracts.files.hashes import file_hash
from bert_aas.registry.content import folder_hash


def folder(place: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return place


def test_the_hash_is_that_of_names_and_contents(tmp_path: Path) -> None:
    made = folder(tmp_path / "a", {"b/c": b"one", "a": b"two"})
    lines = [
        f"{name}\0{hashlib.sha256(text).hexdigest()}\n"
        for name, text in (("a", b"two"), ("b/c", b"one"))
    ]
    assert folder_hash(made) == hashlib.sha256("".join(lines).encode()).hexdigest()


@pytest.mark.parametrize(
    "files", [{"a": b"two!", "b/c": b"one"}, {"a": b"two", "b/d": b"one"}, {"a": b"two"}]
)
def test_any_change_changes_it(tmp_path: Path, files: dict[str, bytes]) -> None:
    first = folder_hash(folder(tmp_path / "a", {"a": b"two", "b/c": b"one"}))
    assert folder_hash(folder(tmp_path / "b", files)) != first


def test_a_large_file_is_hashed_whole(tmp_path: Path) -> None:
    content = b"0123456789" * 300_000
    (tmp_path / "large").write_bytes(content)
    assert file_hash(tmp_path / "large") == hashlib.sha256(content).hexdigest()


def test_a_folder_that_is_gone_has_no_hash(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        folder_hash(tmp_path / "gone")
