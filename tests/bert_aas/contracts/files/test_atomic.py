"""Tests of files that appear complete or not at all."""

from pathlib import Path

import pytest

from bert_aas.contracts.files.atomic import name_aside, write_text, written_aside


def test_the_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "new" / "run.json"

    with written_aside(target) as aside:
        aside.write_text("{}")
        assert not target.exists()

    assert target.read_text() == "{}"
    assert [path.name for path in target.parent.iterdir()] == ["run.json"]


def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    target.write_text("before")

    with pytest.raises(TypeError), written_aside(target) as aside:
        aside.write_text(b"half")  # type: ignore[arg-type]

    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_two_writers_at_once_never_share_a_place(tmp_path: Path) -> None:
    target = tmp_path / "run.json"

    with written_aside(target) as first, written_aside(target) as second:
        first.write_text("first")
        second.write_text("second")

    assert target.read_text() == "first", "the one that ended last"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("path", "folder"), [("gs://bucket/a/b.json", "gs://bucket/a/."), ("b.json", ".b.json.")]
)
def test_the_place_is_in_the_same_folder(path: str, folder: str) -> None:
    assert name_aside(path).startswith(folder)
    assert name_aside(path) != name_aside(path)


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "text", "é")

    assert (tmp_path / "text").read_bytes() == b"\xc3\xa9"


@pytest.mark.parametrize("name", ["x" * 255, "茶" * 85, "😀" * 63])
def test_names_may_be_as_long_as_they_can_be(tmp_path: Path, name: str) -> None:
    write_text(tmp_path / name, "{}")
    assert [path.name for path in tmp_path.iterdir()] == [name]
