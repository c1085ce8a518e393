import errno
import itertools
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.capture.rolling_file import RollingFile
from serving.capture.rules import FileLimits

Rolling = Callable[[FileLimits], RollingFile]


@pytest.fixture
def rolling(tmp_path: Path) -> Rolling:
    numbers = itertools.count()
    return lambda limits: RollingFile(lambda: tmp_path / "in" / f"{next(numbers)}", limits)


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted((folder / "in").iterdir())]


def test_a_file_that_would_be_too_large_is_followed_by_another(
    rolling: Rolling, tmp_path: Path
) -> None:
    file = rolling(FileLimits(size=5))
    for records in (b"ab\n", b"c\n", b"d\n", b"too long\n", b"e\n"):
        file.append(records)
    file.close()
    assert contents(tmp_path) == [b"ab\nc\n", b"d\n", b"too long\n", b"e\n"]


def test_an_old_file_is_followed_by_another(
    rolling: Rolling, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    file = rolling(FileLimits(seconds=60))
    file.append(b"a\n")
    now = 159.0
    file.close_if_old()
    file.append(b"b\n")
    now = 160.0
    file.append(b"c\n")
    now = 220.0
    file.close_if_old()
    assert file.path is None
    assert contents(tmp_path) == [b"a\nb\n", b"c\n"]


def test_a_file_that_somebody_removed_is_followed_by_another(
    rolling: Rolling, tmp_path: Path
) -> None:
    file = rolling(FileLimits())
    file.append(b"a\n")
    assert file.path is not None
    file.path.unlink()
    file.path.parent.rmdir()
    file.append(b"b\n")
    assert contents(tmp_path) == [b"b\n"]


def test_no_stranger_can_read_it(rolling: Rolling, tmp_path: Path) -> None:
    file = rolling(FileLimits())
    file.append(b"a\n")
    assert file.path is not None
    assert file.path.stat().st_mode & 0o007 == 0
    assert file.path.parent.stat().st_mode & 0o007 == 0


def test_what_a_full_disk_cut_off_is_taken_back(
    rolling: Rolling, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = rolling(FileLimits())
    file.append(b"whole\n")
    write = os.write
    rest = iter([3])

    def full(number: int, data: bytes) -> int:
        for some in rest:
            return write(number, data[:some])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            file.append(b"cut off\n")
        with pytest.raises(OSError, match="No space left"):  # in a new file, which goes again
            file.append(b"cut off\n")
    file.append(b"again\n")
    assert contents(tmp_path) == [b"whole\n", b"again\n"]
