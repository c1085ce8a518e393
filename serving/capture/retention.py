"""Removes captured files that are too old, or the oldest where there are too many bytes."""

import os
import re
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from serving.capture.rules import Keep

# Folder of the model, of the version, year, month, day, hour: nothing else is touched.
_OURS = re.compile(r"[^/]+/\d+/\d{4}/\d{2}/\d{2}/\d{2}/\d{8}T\d{6}Z-[0-9a-f]{16}\.jsonl")
_ABOVE_HOUR = 5  # day, month, year, version and model: removed once they are empty


def remove_old_files(folder: Path, keep: Keep, in_use: Collection[Path]) -> list[Path]:
    """Remove files that need not be kept, and the folders that are empty then.

    Args:
        folder: The folder of the capture config file.
        keep: How long files stay.
        in_use: Files that are written to.

    Returns:
        What was removed. A file that cannot be removed stays until the next time.
    """
    found = sorted(_files(folder), reverse=True)  # the youngest first
    oldest = 0.0 if keep.seconds is None else time.time() - keep.seconds
    most = float("inf") if keep.size is None else keep.size
    removed, total = [], 0
    for changed, path, size in found:
        total += size
        if path not in in_use and (changed < oldest or total > most):
            with suppress(OSError):
                path.unlink()
                removed.append(path)
                _remove_empty(path.parent)
    return removed


def _files(folder: Path) -> Iterator[tuple[float, Path, int]]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent, name)
            if _OURS.fullmatch(path.relative_to(folder).as_posix()):
                with suppress(OSError):  # another server was faster
                    stat = path.lstat()
                    yield stat.st_mtime, path, stat.st_size


def _remove_empty(hour: Path) -> None:
    with suppress(OSError):  # the first that is not empty
        for path in (hour, *hour.parents[:_ABOVE_HOUR]):
            path.rmdir()
