"""What the cache of encoders keeps: what was used last."""

import contextlib
import os
import shutil
import time
from pathlib import Path

_DAY_S = 86_400


def note_use(path: Path) -> None:
    """Note that a file or folder of the cache is used now, if the cache can be written.

    Args:
        path: The file or folder.
    """
    with contextlib.suppress(OSError):
        os.utime(path)


def remove_unused(cache_dir: Path, pattern: str, keep: int, days: int = 0) -> None:
    """Remove what has not been used for long.

    Args:
        cache_dir: The cache.
        pattern: Which files or folders of it.
        keep: How many stay in any case: those that were used last.
        days: Others stay, too, if they were used since then.
    """
    used = {}
    for path in cache_dir.glob(pattern):
        with contextlib.suppress(OSError):  # another process removes it, too
            used[path] = path.stat().st_mtime
    for path in sorted(used, key=lambda each: used[each], reverse=True)[keep:]:
        if used[path] > time.time() - days * _DAY_S:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink()
