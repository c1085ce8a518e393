"""Put a SavedModel under a new version number where servers look, complete or not at all.

On a disk the finished folder gets its name by one rename. Object storage has no rename: there
`saved_model.pb` comes last, which servers wait for, and a number is claimed before it is used.

Source:
    TensorFlow Serving takes a version for complete once `saved_model.pb` is there.
"""

import contextlib
import errno
import fcntl
import re
import shutil
import tempfile
from pathlib import Path

from tfx.utils import io_utils

from components.pusher.claims import above, claimed_version, versions_in

STAGING = ".staging-"
"""Servers look for folders whose names are numbers and never see this one."""

_LOCK = "lock"
_GRAPH_FILE = "saved_model.pb"
_REMOTE = "://"


def publish(model_path: str, base: str) -> str:
    """Copy a model to the next version.

    Args:
        model_path: Folder of the SavedModel, a path or a URI.
        base: Base path of the versions, a path or a URI.

    Returns:
        The version's folder; the name is the Unix time, or more where that number is taken.
    """
    if _REMOTE in base:
        with claimed_version(base) as version:
            target = f"{base.rstrip('/')}/{version}"
            _copy_in_order(model_path, target)
        return target
    Path(base).mkdir(parents=True, exist_ok=True)
    _remove_leftovers(Path(base))
    with (
        tempfile.TemporaryDirectory(prefix=STAGING, dir=base) as staging,
        Path(staging, _LOCK).open("w", encoding="ascii") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        staged = Path(staging, "model")
        io_utils.copy_dir(model_path, str(staged))
        return str(_rename(staged, base))


def _remove_leftovers(base: Path) -> None:
    """Remove what killed pushes left; a push of another run may be at work beside this one."""
    for lock in base.glob(f"{STAGING}*/{_LOCK}"):
        with lock.open("w", encoding="ascii") as held, contextlib.suppress(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a lock dies with its process
            shutil.rmtree(lock.parent, ignore_errors=True)


def _rename(staged: Path, base: str) -> Path:
    while True:
        target = Path(base, str(_next_version(base)))
        try:
            return staged.rename(target)
        except OSError as exc:
            if exc.errno not in {errno.EEXIST, errno.ENOTEMPTY}:
                raise  # else another push was faster: the next number


def _copy_in_order(model_path: str, target: str) -> None:
    graph = rf"{re.escape(model_path.rstrip('/'))}/{re.escape(_GRAPH_FILE)}$"
    io_utils.copy_dir(model_path, target, deny_regex_patterns=[graph])
    io_utils.copy_file(f"{model_path}/{_GRAPH_FILE}", f"{target}/{_GRAPH_FILE}")


def _next_version(base: str) -> int:
    """Return a version above all that are there: servers take the highest number as the latest."""
    return above(versions_in(base))
