from pathlib import Path

import pytest

from models.encoders.folders import hash_file, hash_files, new_folder

# SHA-256 of the three letters, from FIPS 180-2, appendix B.1.
ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_filled_folder_appears_whole(tmp_path: Path) -> None:
    output = tmp_path / "deep" / "module"
    with new_folder(output) as partial:
        (partial / "file").write_text("abc")
        assert not output.exists()

    assert (output / "file").read_text() == "abc"
    assert list(output.parent.iterdir()) == [output]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), new_folder(tmp_path / "module"):
        raise RuntimeError

    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_faster_process_stays(tmp_path: Path) -> None:
    output = tmp_path / "module"
    with new_folder(output) as partial:
        (partial / "slow").touch()
        output.mkdir()
        (output / "fast").touch()

    assert [path.name for path in output.iterdir()] == ["fast"]


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "module").touch()

    with pytest.raises(OSError, match="module"), new_folder(tmp_path / "module"):
        pass


def test_a_file_is_hashed_by_content(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("abc")

    assert hash_file(tmp_path / "file") == ABC


def _fill(folder: Path, name: str = "sub/file", text: str = "abc") -> str:
    (folder / name).parent.mkdir(parents=True)
    (folder / name).write_text(text)
    return hash_files(folder)


def test_a_folder_is_hashed_by_names_and_contents(tmp_path: Path) -> None:
    first = _fill(tmp_path / "1")

    assert _fill(tmp_path / "2") == first
    assert _fill(tmp_path / "3", text="abd") != first
    assert _fill(tmp_path / "4", name="sub/other") != first


def test_only_files_of_the_pattern_count_and_never_tensorflows_random_id(tmp_path: Path) -> None:
    first = _fill(tmp_path)
    (tmp_path / "fingerprint.pb").write_bytes(b"random")

    assert hash_files(tmp_path) == first
    assert hash_files(tmp_path, "*.py") == hash_files(tmp_path, "*.pyc")
