"""A file that is appended to whole records at a time, and followed by another in time."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from serving.capture.rules import FileLimits

_FILE_MODE = 0o640  # no strangers: there are texts of users inside
_FOLDER_MODE = 0o750


class RollingFile:
    """The open file of one destination; used by one thread."""

    def __init__(self, name: Callable[[], Path], limits: FileLimits) -> None:
        """Open nothing yet.

        Args:
            name: Returns a path that no file has.
            limits: When a file is full.
        """
        self._name = name
        self._limits = limits
        self._file = -1
        self._size = 0
        self._opened = 0.0
        self.path: Path | None = None

    def append(self, records: bytes) -> None:
        """Append records; on failure none of them are in the file, as far as that can be had.

        Args:
            records: Whole records.

        Raises:
            OSError: If they cannot be written. The next call tries a new file.
        """
        if self._is_full(len(records)):
            self.close()
        if self._file < 0:
            self._open()
        try:
            _write(self._file, records)
        except OSError:
            self._take_back()
            raise
        self._size += len(records)

    def _take_back(self) -> None:
        """Cut off what a failed write has left; a file with nothing else in it goes."""
        with suppress(OSError):
            os.ftruncate(self._file, self._size)
            if self._size == 0 and self.path is not None:
                self.path.unlink()
        self.close()

    def close(self) -> None:
        """Close the file; what is appended later goes into another."""
        if self._file >= 0:
            os.close(self._file)
        self._file, self.path = -1, None

    def close_if_old(self) -> None:
        """Close the file if its time is up, so that readers may count on it."""
        if self._file >= 0 and self._is_old():
            self.close()

    def _is_full(self, more: int) -> bool:
        if self._file < 0:
            return False
        too_large = self._size > 0 and self._size + more > self._limits.size
        is_gone = os.fstat(self._file).st_nlink == 0  # somebody removed it
        return too_large or is_gone or self._is_old()

    def _is_old(self) -> bool:
        return time.monotonic() - self._opened >= self._limits.seconds

    def _open(self) -> None:
        path = self._name()
        path.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(path, flags, _FILE_MODE)
        self.path, self._size, self._opened = path, 0, time.monotonic()


def _write(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]
