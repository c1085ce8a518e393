"""Where a path or an address points, by one rule for every value that may be one."""

import os
import re
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.plain_text import printable

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
_FILE_SCHEME = "file://"


def absolute(location: str) -> str:
    """Make a local path independent of the folder in which it will be read.

    Args:
        location: A path, relative to the working folder or absolute, which may begin with `~`; or a
            URI. `file://` is a path.

    Returns:
        The absolute path; a URI as it is, without a slash at its end.

    Raises:
        InvalidInputError: If the path is not UTF-8: neither JSON nor the metadata could hold it.
    """
    if is_remote(location):
        return location.rstrip("/")
    path = location.removeprefix(_FILE_SCHEME)
    # Not `Path.expanduser`: it raises where there is no such user, which a missing file tells.
    found = str(Path(os.path.expanduser(path)).absolute())  # noqa: PTH111
    try:
        found.encode()
    except UnicodeEncodeError as exc:
        raise InvalidInputError(
            f"the path '{printable(found)}' is not UTF-8; rename the folder, or work in another one"
        ) from exc
    return found


def is_remote(*locations: str | None) -> bool:
    """Tell whether any of some places is in a storage, not on this machine.

    Args:
        locations: Paths and URIs; `None` is none.

    Returns:
        Whether one of them is a URI of another scheme than `file`.
    """
    return any(
        _SCHEME.match(location) and not location.startswith(_FILE_SCHEME)
        for location in locations
        if location
    )
