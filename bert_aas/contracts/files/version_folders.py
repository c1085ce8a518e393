"""Folders of versions whose names are numbers: servers take the highest, complete or not at all.

The finished folder gets its name by one rename.
"""

import contextlib
import errno
import fcntl
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

STAGING = ".staging-"
"""Servers look for folders whose names are numbers and never see this one."""

_LOCK = "lock"


def numbers_in(base: Path) -> list[int]:
    """List the versions that are there.

    Args:
        base: The folder of the versions, which need not be there.

    Returns:
        Their numbers, sorted.
    """
    if not base.is_dir():
        return []
    return sorted(int(found.name) for found in base.iterdir() if found.name.isdecimal())


def above(taken: Iterable[int]) -> int:
    """Return a number above all others.

    Args:
        taken: The others.

    Returns:
        The Unix time, or more where that number is taken.
    """
    return max([int(time.time()), *(version + 1 for version in taken)])


def publish_folder(base: Path, fill: Callable[[Path], object]) -> Path:
    """Make the next version.

    Args:
        base: The folder of the versions; it is made if it is missing.
        fill: Makes the folder that it is given, with all that belongs into it.

    Returns:
        The version's folder; the name is the Unix time, or more where that number is taken.
    """
    base.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(base)
    with (
        tempfile.TemporaryDirectory(prefix=STAGING, dir=base) as staging,
        Path(staging, _LOCK).open("w", encoding="ascii") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        staged = Path(staging, "model")
        fill(staged)
        return _rename(staged, base)


def _remove_leftovers(base: Path) -> None:
    """Remove what killed pushes left; a push of another run may be at work beside this one."""
    for lock in base.glob(f"{STAGING}*/{_LOCK}"):
        with lock.open("w", encoding="ascii") as held, contextlib.suppress(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a lock dies with its process
            shutil.rmtree(lock.parent, ignore_errors=True)


def _rename(staged: Path, base: Path) -> Path:
    while True:
        target = base / str(above(numbers_in(base)))
        try:
            return staged.rename(target)
        except OSError as exc:
            if exc.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise  # else another push was faster: the next number
