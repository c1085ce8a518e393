"""Outputs appear when the work has ended well, and errors are sentences."""

import re
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.file_errors import file_errors
from bert_aas.contracts.files.opened_files import opened_file, writing_errors


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with opened_file(path) as stream:
        stream.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert [*tmp_path.iterdir()] == [path]


def write_half(path: Path) -> None:
    with opened_file(path) as stream:
        stream.write(b"half")
        raise ConnectionError


def write_without_folder(path: Path) -> None:
    with opened_file(path, make_folder=True):
        for entry in path.parent.iterdir():
            entry.unlink()
        path.parent.rmdir()


def test_the_old_file_stays_when_the_work_fails(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old")
    with pytest.raises(ConnectionError):
        write_half(path)
    assert path.read_bytes() == b"old"
    assert [*tmp_path.iterdir()] == [path]


def test_a_full_disk_is_told_of_the_file(tmp_path: Path) -> None:
    with (
        pytest.raises(InvalidInputError, match=r"x cannot be written: No space left on device$"),
        writing_errors(Path("x")),
        Path("/dev/full").open("wb", buffering=0) as full,
    ):
        full.write(b"x")


def test_a_folder_that_vanishes_is_told_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "out"
    with pytest.raises(InvalidInputError, match="out cannot be written: No such file"):
        write_without_folder(path)


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (
            FileNotFoundError(2, "No such file", "a.txt"),
            InvalidInputError,
            "a.txt cannot be used: No",
        ),
        (PermissionError(13, "Denied", b"\xe9"), InvalidInputError, "\\xe9 cannot be used: Denied"),
        (ConnectionError("refused"), ConnectionError, "refused"),
    ],
)
def test_errors_of_files_are_sentences(
    error: OSError, kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind, match=f"^{re.escape(sentence)}"), file_errors():
        raise error
