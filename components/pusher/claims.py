"""Claim a version number in object storage, where two pushes do not see each other's new folders.

A claim is a small file named after the number. Who has written one and then finds no other of the
same number has the number: of two that claim it at once, the one that looks later sees both. Who
finds another steps back and takes a higher one.

Source:
    Object stores list what was written as soon as the write has ended: Amazon S3 since 2020, Google
    Cloud Storage always.
"""

import contextlib
import random
import time
import uuid
from collections.abc import Iterator

from tfx.dsl.io import fileio

from bert_aas.contracts.files.version_folders import above

FOLDER = ".claims"
"""Servers look for folders whose names are numbers and never see this one."""

_KEPT_S = 24 * 3600
"""Claims of killed pushes go after a day, since their numbers have long been passed by then."""

_STEP_BACK = 16


def versions_in(base: str) -> list[int]:
    """List the versions that are there, complete or not.

    Args:
        base: Base path of the versions, a path or a URI.

    Returns:
        Their numbers.
    """
    return [int(name) for name in _names(base) if name.isdecimal()]


@contextlib.contextmanager
def claimed_version(base: str) -> Iterator[int]:
    """Claim the number of the next version as long as it is written.

    Args:
        base: Base path of the versions, a URI.

    Yields:
        A number above all that are there or claimed, which no other push has.
    """
    folder = f"{base.rstrip('/')}/{FOLDER}"
    fileio.makedirs(folder)
    mine, step = uuid.uuid4().hex, 0
    while True:
        version = above([*versions_in(base), *_claims(folder)]) + step
        claim = f"{folder}/{version}-{mine}"
        with fileio.open(claim, "w") as file:
            file.write(mine)
        # In this order: who gives a claim back has made the version's folder before.
        if _claims(folder).count(version) == 1 and version not in versions_in(base):
            break
        fileio.remove(claim)
        step = random.randrange(_STEP_BACK)  # noqa: S311 - so that two do not meet again
    try:
        yield version
    finally:
        fileio.remove(claim)
        _remove_leftovers(folder)


def _claims(folder: str) -> list[int]:
    numbers = [name.partition("-")[0] for name in _names(folder)]
    return [int(number) for number in numbers if number.isdecimal()]


def _remove_leftovers(folder: str) -> None:
    for name in _names(folder):
        number = name.partition("-")[0]
        if number.isdecimal() and int(number) < time.time() - _KEPT_S:
            with contextlib.suppress(fileio.NotFoundError):  # another push was faster
                fileio.remove(f"{folder}/{name}")


def _names(folder: str) -> list[str]:
    if not fileio.isdir(folder):
        return []
    return [str(name).rstrip("/") for name in fileio.listdir(folder)]
