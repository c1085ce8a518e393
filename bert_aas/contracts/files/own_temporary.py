"""A folder for all temporary files of a process and its children: nothing of theirs stays.

Libraries remove theirs when Python ends, which a signal or `os._exit` prevents. So the folder is
removed as a whole; what a killed process has left, the next one that starts removes.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

PREFIX = "bert-aas-tmp-"
_OWNER = ".owner"
_YOUNG_S = 60.0  # another process may be about to lock it
_VARIABLE = "TMPDIR"

_held: list[tuple[Path, int]] = []


def take_own_folder() -> None:
    """Let this process and its children have their temporary files in a new folder.

    It is removed when Python ends, after all else; before `os._exit`, call `leave_own_folder`. A
    process that has one keeps it; where no folder can be made, all stays as it is.
    """
    if _held:
        return
    with contextlib.suppress(OSError):
        around = Path(tempfile.gettempdir())
        _sweep(around)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=around))
        owner = os.open(folder / _OWNER, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(owner, fcntl.LOCK_EX)
        _held.append((folder, owner))
        os.environ[_VARIABLE] = tempfile.tempdir = str(folder)
        atexit.register(leave_own_folder, os.getpid())


def leave_own_folder(process: int | None = None) -> None:
    """Remove the folder with all that is in it.

    Args:
        process: Do nothing in another one: a fork inherits what its parent has registered.
    """
    if not _held or process not in {None, os.getpid()}:
        return
    folder, owner = _held.pop()
    os.environ[_VARIABLE] = tempfile.tempdir = str(folder.parent)
    shutil.rmtree(folder, ignore_errors=True)
    os.close(owner)


def _sweep(around: Path) -> None:
    """Remove the folders whose process is gone."""
    for folder in around.glob(f"{PREFIX}*"):
        try:
            found = folder.lstat()
            if found.st_uid == os.getuid() and time.time() - found.st_mtime > _YOUNG_S:
                _remove_left(folder)
        except OSError:  # removed meanwhile, or no folder of ours
            continue


def _remove_left(folder: Path) -> None:
    """Remove a folder, unless its process holds it."""
    owner = os.open(folder / _OWNER, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(owner)
