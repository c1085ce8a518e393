"""Reads JSON as TensorFlow Serving does: leniently where RapidJSON is, with its error texts.

Python's own decoder does the work. What it cannot hold (very deep nesting, huge integers), what it
would let through (broken surrogate pairs) and the texts of errors go to `IterativeReader`.

Source:
    TensorFlow Serving, `util/json_tensor.cc` (`ParseJson`), and RapidJSON 1.1.0.
"""

import json
import math
import re
from typing import Any

from serving.errors import InvalidArgumentError
from serving.rest.json.iterative_reader import IterativeReader
from serving.rest.json.objects import to_object
from serving.rest.json.scalars import read_literal

_BOM = b"\xef\xbb\xbf"
_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_GOOD_ESCAPES = re.compile(
    r"\\(?:[^u]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})", re.DOTALL
)
_SPECIAL = re.compile(r"-?Inf(?!inity)|-NaN")
_QUOTE_OR_SPECIAL = re.compile(r'"|\\.|-?Inf(?!inity)|-NaN', re.DOTALL)
_SHORT = 19  # characters; shorter integers have 64 bits at most
_STANDARD_NAMES = {"Inf": "Infinity", "-Inf": "-Infinity", "-NaN": "NaN"}


class _TooBigError(ValueError):
    """A number beyond the range of a double."""


def parse_json(body: bytes) -> Any:
    """Parse the first JSON value of a request body; whatever follows it is ignored.

    Args:
        body: The body. Bytes that are not UTF-8 survive inside strings as surrogate escapes.

    Returns:
        The value; objects with repeated keys are `JsonObject`s, integers beyond 64 bits floats.

    Raises:
        InvalidArgumentError: With RapidJSON's phrase and byte offset.
    """
    if not body:
        raise InvalidArgumentError("JSON Parse error: The document is empty")
    skipped_bytes = _length_of_mark(body) if body[0] in _BOM else 0
    text = body[skipped_bytes:].decode("utf-8", "surrogateescape")
    space = _SPACE.match(text)
    start = space.end() if space else 0
    if _has_lone_surrogate_escape(text) or text[start : start + 1] not in {"{", "["}:
        return IterativeReader(text, start, None, skipped_bytes).read()
    try:
        return _decode(text, start)
    except (ValueError, RecursionError):
        # The slow reader either copes or knows the right error.
        return IterativeReader(text, start, _DECODER.raw_decode, skipped_bytes).read()


def _length_of_mark(body: bytes) -> int:
    length = 0
    for byte in _BOM:  # each is skipped by itself, as there
        length += body[length : length + 1] == bytes([byte])
    return length


def _decode(text: str, start: int) -> Any:
    try:
        return _DECODER.raw_decode(text, start)[0]
    except ValueError:
        if not _SPECIAL.search(text, start):
            raise
    return _DECODER.raw_decode(_with_standard_names(text), start)[0]


def _with_standard_names(text: str) -> str:
    """Write numbers that are none as Python's decoder knows them; strings stay as they are."""
    # One pattern for whole strings would be shorter, but takes seconds for one full of escapes.
    pieces: list[str] = []
    copied = 0
    in_string = False
    for match in _QUOTE_OR_SPECIAL.finditer(text):
        found = match.group()
        if found == '"':
            in_string = not in_string
        elif not in_string and found in _STANDARD_NAMES:
            pieces += text[copied : match.start()], _STANDARD_NAMES[found]
            copied = match.end()
    pieces.append(text[copied:])
    return "".join(pieces)


def _has_lone_surrogate_escape(text: str) -> bool:
    if not _SURROGATE_ESCAPE.search(text):
        return False
    return _SURROGATE_ESCAPE.search(_GOOD_ESCAPES.sub("", text)) is not None


def _finite_float(literal: str) -> float:
    value = float(literal)
    if math.isinf(value):
        raise _TooBigError
    return value


def _integer(literal: str) -> int | float:
    if len(literal) < _SHORT:
        return int(literal)
    value: int | float = read_literal(literal, 0)[0]
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=to_object, parse_float=_finite_float, parse_int=_integer
)
