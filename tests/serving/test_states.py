from pathlib import Path

import pytest

from serving.states import find_versions


def test_children_that_are_numbers(tmp_path: Path) -> None:
    for name in ("1", "00000123", "x7", "-3", "9223372036854775807", "9223372036854775808", "1.5"):
        (tmp_path / name).mkdir()
    assert find_versions(tmp_path) == {
        1: tmp_path / "1",
        123: tmp_path / "00000123",
        9223372036854775807: tmp_path / "9223372036854775807",
    }


def test_two_folders_for_one_number(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "07").mkdir()
    (tmp_path / "7").mkdir()
    assert list(find_versions(tmp_path)) == [7]
    assert "are both version 7" in caplog.text
