"""Version folders on disk and the states that a version goes through."""

import functools
import logging
import re
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from serving.errors import Code

logger = logging.getLogger(__name__)

_MAX_INT64 = 2**63 - 1
_DIGITS = re.compile(r"[0-9]+")


class State(IntEnum):
    """Life of a version; numbers equal `ModelVersionStatus.State` of TensorFlow Serving."""

    UNKNOWN = 0
    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True)
class VersionStatus:
    """What a status request reports of one version.

    Attributes:
        version: The version.
        state: Where it is in its life.
        code: Not OK only after a failed load.
        message: Why that failed.
        engine: What runs it while it serves; TensorFlow Serving has no field for this.
    """

    version: int
    state: State
    code: Code = Code.OK
    message: str = ""
    engine: str = ""


def find_versions(base_path: Path) -> dict[int, Path]:
    """List the version folders of a model.

    Args:
        base_path: The model's folder.

    Returns:
        Folder by version number. Children whose name is not a non-negative int64 are left out;
        leading zeros are fine.

    Raises:
        OSError: If the folder cannot be read.
    """
    versions: dict[int, Path] = {}
    for child in sorted(base_path.iterdir()):
        if not _DIGITS.fullmatch(child.name) or int(child.name) > _MAX_INT64:
            continue
        number = int(child.name)
        if number in versions:
            _warn_of_twins(versions[number], child, number)
        versions[number] = child
    return versions


@functools.lru_cache(maxsize=256)  # once, not at every poll
def _warn_of_twins(first: Path, second: Path, version: int) -> None:
    logger.warning("%s and %s are both version %s.", first, second, version)
