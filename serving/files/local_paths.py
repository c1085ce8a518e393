"""Paths as users of TensorFlow Serving write them, such as `file:///models/bert`."""

import re
from pathlib import Path

from serving.errors import InvalidArgumentError

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?=/)(?://([^/]*))?(.*)", re.DOTALL)
_LOCAL_HOSTS = frozenset({"", "localhost"})


def local_path(given: str, what: str) -> Path:
    """Read a path.

    Args:
        given: A path, or a `file:` address of one.
        what: What it is the path of, for the error.

    Returns:
        The path; nothing is decoded in it.

    Raises:
        InvalidArgumentError: If it is a remote address.
    """
    address = _ADDRESS.fullmatch(given)
    if address is None or (address[2] is None and address[1].lower() != "file"):
        return Path(given)
    scheme, host, path = address[1].lower(), address[2] or "", address[3]
    if scheme != "file":
        raise InvalidArgumentError(
            f"{what} {given} is a remote address; only local files and folders are read. Copy or "
            "mount it, and give that path."
        )
    if host not in _LOCAL_HOSTS:
        raise InvalidArgumentError(
            f"{what} {given} names the host {host}; a local path has three slashes: "
            f"file:///{host}{path}"
        )
    return Path(path)
