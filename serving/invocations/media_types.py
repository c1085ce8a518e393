"""Content-Type and Accept: what a body is, and which form of the answer a client wants."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from serving.errors import Code, ServingError

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"

_READ = {
    JSON: JSON,
    JSON_LINES: JSON_LINES,
    CSV: CSV,
    "application/jsons": JSON_LINES,
    "application/x-jsonlines": JSON_LINES,
    "application/x-ndjson": JSON_LINES,
}
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rf"\s*({_WORD}/{_WORD})\s*(?:;(.*))?", re.DOTALL)
_WEIGHT = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
_SHOWN = 100  # characters of a client's header in an error


class UnsupportedMediaTypeError(ServingError):
    """A body of a kind that is not read (HTTP 415)."""

    def __init__(self, given: str, remedy: str) -> None:
        """Say what was given, and what to do."""
        message = f"The Content-Type {_shown(given)} is not read here: {remedy}"
        super().__init__(Code.INVALID_ARGUMENT, message)

    @property
    def http_status(self) -> int:
        """Return 415."""
        return 415


class NotAcceptableError(ServingError):
    """An answer that cannot be had in any form that the client takes (HTTP 406)."""

    def __init__(self, accept: str, offered: Sequence[str]) -> None:
        """Say what the client takes, and what there is."""
        message = f"Accept is {_shown(accept)}, but this answer is given as {', '.join(offered)}"
        super().__init__(Code.INVALID_ARGUMENT, message)

    @property
    def http_status(self) -> int:
        """Return 406."""
        return 406


class ContentType(NamedTuple):
    """What a body is.

    Attributes:
        kind: `JSON`, `JSON_LINES` or `CSV`.
        has_header: Whether a CSV's first line names its columns.
    """

    kind: str
    has_header: bool = False


class _Range(NamedTuple):
    """One entry of an Accept header."""

    pattern: str
    weight: float

    def fits(self, name: str) -> int:
        """Return how exactly a type is meant: 3 by its name, 1 by `*/*`, 0 not at all."""
        if self.pattern == name:
            return 3
        if self.pattern == f"{name.partition('/')[0]}/*":
            return 2
        return 1 if self.pattern == "*/*" else 0


def content_type_of(header: bytes | None) -> ContentType:
    """Read a Content-Type.

    Args:
        header: The header; without one the body is JSON.

    Returns:
        What the body is.

    Raises:
        UnsupportedMediaTypeError: If it is something else, or not in UTF-8.
    """
    if not header or not header.strip():
        return ContentType(JSON)
    text = header.decode("latin-1")
    found = _TYPE.fullmatch(text)
    kind = None if found is None else _READ.get(found.group(1).lower())
    if found is None or kind is None:
        raise UnsupportedMediaTypeError(text, f"send one of {', '.join(_READ)}")
    parameters = _parameters(found.group(2) or "")
    if parameters.get("charset", "utf-8") not in _CHARSETS:
        raise UnsupportedMediaTypeError(text, "send the text as utf-8")
    return ContentType(kind, parameters.get("header") == "present")


def choose_answer_type(header: bytes | None, offered: Sequence[str]) -> str:
    """Choose the form of an answer.

    Args:
        header: The Accept header; without one the first form is taken.
        offered: The forms that the answer can have, the usual one first.

    Returns:
        One of them.

    Raises:
        NotAcceptableError: If the client takes none of them.

    Source:
        RFC 9110, section 12.5.1.
    """
    if not header or not header.strip():
        return offered[0]
    text = header.decode("latin-1")
    ranges = [_range(part) for part in text.split(",")]
    wanted = [_wish(name, [one for one in ranges if one is not None]) for name in offered]
    best = max(range(len(offered)), key=lambda place: (*wanted[place], -place))
    if wanted[best][0] <= 0:
        raise NotAcceptableError(text, offered)
    return offered[best]


def _wish(name: str, ranges: Sequence[_Range]) -> tuple[float, int]:
    """Return how much a type is wanted, and how early it is named, the first the highest."""
    fits = [(one.fits(name), -place, one.weight) for place, one in enumerate(ranges)]
    exactness, earliness, weight = max(fits, default=(0, 0, 0.0))
    return (weight, earliness) if exactness else (0.0, 0)


def _range(text: str) -> _Range | None:
    """Read one entry of an Accept header; None for what is none."""
    found = _TYPE.fullmatch(text)
    if found is None:
        return None
    weight = _parameters(found.group(2) or "").get("q", "1")
    pattern = found.group(1).lower()
    if not _WEIGHT.fullmatch(weight):
        return None
    return _Range(_READ.get(pattern, pattern), float(weight))


def _parameters(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip().strip('"').lower() for name, _, value in pairs}


def _shown(text: str) -> str:
    return repr(text[:_SHOWN])
