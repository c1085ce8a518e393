"""The paths below `/v1/`: which model, which version and what is asked of it.

Source:
    TensorFlow Serving, `model_servers/http_rest_api_util.cc`.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from serving.data_plane import ModelQuery
from serving.errors import InvalidArgumentError

_POST = re.compile(
    r"/v1/models/([^/:]+)(?:/versions/([0-9]+)|/labels/([^/:]+))?:(classify|regress|predict)",
    re.IGNORECASE,
)
_GET = re.compile(
    r"/v1/models(?:/([^/:]+))?(?:/versions/([0-9]+)|/labels/([^/:]+))?(/metadata)?", re.IGNORECASE
)
_OURS = {
    "GET": re.compile(r"/v1/models/([^/:]+)/(traffic)", re.IGNORECASE),
    "POST": re.compile(r"/v1/models/([^/:]+):(feedback)", re.IGNORECASE),
}
_NOTHING = re.compile(r"(?!)")
_PREFIX = "/v1/"
_MAX_INT64 = 2**63 - 1
_MAX_INT64_DIGITS = 19


@dataclass(frozen=True)
class Target:
    """What a path asks for: `predict`, `status`, `metadata`, `traffic`, ... of a model."""

    action: str
    query: ModelQuery


class VersionOverflowError(InvalidArgumentError):
    """A version number beyond int64; upstream answers 400 with an empty body."""


def is_api_path(path: str) -> bool:
    """Tell whether a path, query included, is one of the API's, legal or not."""
    return path[: len(_PREFIX)].lower() == _PREFIX


def parse_target(method: str, path: str) -> Target:
    """Read a request line.

    Args:
        method: The HTTP method.
        path: The path as sent, percent-encoded, with its query.

    Returns:
        What is asked of which model.

    Raises:
        InvalidArgumentError: If there is no such route.
    """
    ours = _OURS.get(method, _NOTHING).fullmatch(path)
    if ours is not None:
        return Target(ours.group(2).lower(), _to_query(ours.group(1), None, None))
    match = {"POST": _POST, "GET": _GET}.get(method, _NOTHING).fullmatch(path)
    if match is None:
        raise InvalidArgumentError(f"Malformed request: {method} {path}")
    name, version, label, action = match.groups()
    query = _to_query(name, version, label)
    if method == "GET":
        if not name:
            raise InvalidArgumentError("Missing model name in request.")
        return Target("metadata" if action else "status", query)
    if action != action.lower():  # the route ignores case, the verb does not
        raise InvalidArgumentError(f"Malformed request: {method} {path}")
    return Target(action, query)


def _to_query(name: str | None, version: str | None, label: str | None) -> ModelQuery:
    return ModelQuery(
        name=_unquote(name or ""),
        version=None if version is None else _to_version(version),
        label=None if label is None else _unquote(label),
    )


def _to_version(digits: str) -> int:
    # The length comes first: a path may hold more digits than `int` accepts.
    digits = digits.lstrip("0") or "0"
    if len(digits) > _MAX_INT64_DIGITS or int(digits) > _MAX_INT64:
        raise VersionOverflowError(f"Failed to convert version: {digits[:32]} to numeric.")
    return int(digits)


def _unquote(text: str) -> str:
    return unquote_to_bytes(text.encode("latin-1")).decode("utf-8", "surrogateescape")
