"""Reads JSON as TensorFlow Serving does: leniently where RapidJSON is, with its error texts.

Python's own decoder does the work. What it refuses or cannot hold (`Inf`, very deep nesting, huge
integers) and what it would let through (broken surrogate pairs) goes to the iterative `_Reader`.

Source:
    TensorFlow Serving, `util/json_tensor.cc` (`ParseJson`), and RapidJSON 1.1.0.
"""

import json
import math
import re
from typing import Any

from serving.errors import InvalidArgumentError, ServingError

_SPACES = " \t\n\r"
_SPACE = re.compile(f"[{_SPACES}]*")
_WORD = re.compile(r"true|false|null|-?(?:NaN|Infinity|Inf)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]*)?([eE][+-]?[0-9]*)?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_MAX_INTEGER_DIGITS = 20  # longer literals cannot fit uint64, so they are doubles
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}


class _TooBigError(ValueError):
    """A number beyond the range of a double."""


def parse_json(body: bytes) -> Any:
    """Parse the first JSON value of a request body; whatever follows it is ignored.

    Args:
        body: The body. Bytes that are not UTF-8 survive inside strings as surrogate escapes.

    Returns:
        The value; of duplicate keys the first one counts.

    Raises:
        InvalidArgumentError: With RapidJSON's phrase and byte offset.
    """
    if not body:
        raise InvalidArgumentError("JSON Parse error: The document is empty")
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    start = _end_of_space(text, 0)
    if not _SURROGATE_ESCAPE.search(text):
        try:
            return _DECODER.raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            pass  # the slow reader either copes or knows the right error
    return _Reader(text, start).read()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        found = {}
        for key, value in pairs:
            found.setdefault(key, value)
    return found


def _finite_float(literal: str) -> float:
    value = float(literal)
    if math.isinf(value):
        raise _TooBigError
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite_float)


def _end_of_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


class _Reader:
    """An iterative reader: nesting costs heap, never the interpreter's stack."""

    def __init__(self, text: str, position: int) -> None:
        self._text = text
        self._position = position
        self._open: list[list[Any] | dict[str, Any]] = []

    def read(self) -> Any:
        """Read one value; raise ServingError (INVALID_ARGUMENT) if there is none."""
        if self._position == len(self._text):
            raise self._error("The document is empty.")
        root = self._value()
        while self._open:
            self._member(self._open[-1])
        return root

    def _member(self, container: list[Any] | dict[str, Any]) -> None:
        """Read the next member of the innermost open container, or its end."""
        is_list = isinstance(container, list)
        character = self._next()
        if character == ("]" if is_list else "}"):
            self._position += 1
            self._open.pop()
            return
        if container:
            if character != ",":
                where = "']' after an array element." if is_list else "'}' after an object member."
                raise self._error(f"Missing a comma or {where}")
            self._position += 1
            self._next()
        if isinstance(container, list):
            container.append(self._value())
        else:
            key = self._key()
            container.setdefault(key, self._value())

    def _key(self) -> str:
        if self._next() != '"':
            raise self._error("Missing a name for object member.")
        key = self._string()
        if self._next() != ":":
            raise self._error("Missing a colon after a name of object member.")
        self._position += 1
        self._next()
        return key

    def _value(self) -> Any:
        """Read a scalar, or open a container that `_member` will fill."""
        character = self._text[self._position : self._position + 1]
        if character == '"':
            return self._string()
        if character not in {"[", "{"}:
            return self._literal()
        self._position += 1
        opened: list[Any] | dict[str, Any] = [] if character == "[" else {}
        self._open.append(opened)
        return opened

    def _string(self) -> str:
        start = self._position
        try:
            value, self._position = _DECODER.raw_decode(self._text, start)
        except json.JSONDecodeError as exc:
            self._position = exc.pos
            raise self._error(_string_phrase(exc.msg)) from exc
        given = _SURROGATE.findall(self._text[start : self._position])
        if len(_SURROGATE.findall(value)) != len(given):
            raise self._error("The surrogate pair in string is invalid.")
        return str(value)

    def _literal(self) -> Any:
        word = _WORD.match(self._text, self._position)
        if word:
            self._position = word.end()
            if word.group() in _WORDS:
                return _WORDS[word.group()]
            return float(word.group())
        number = _NUMBER.match(self._text, self._position)
        if not number:
            raise self._error("Invalid value.")
        return self._number(number)

    def _number(self, match: re.Match[str]) -> int | float:
        fraction, exponent = match.groups()
        if fraction == ".":
            raise self._error("Miss fraction part in number.")
        if exponent is not None and not exponent[-1].isdigit():
            raise self._error("Miss exponent in number.")
        try:
            self._position = match.end()
            if fraction is None and exponent is None and len(match.group()) <= _MAX_INTEGER_DIGITS:
                return int(match.group())
            return _finite_float(match.group())
        except _TooBigError as exc:
            self._position = match.start()
            raise self._error("Number too big to be stored in double.") from exc

    def _next(self) -> str:
        """Skip white space; return the character there, which stays unread, or nothing."""
        character = self._text[self._position : self._position + 1]
        if character and character in _SPACES:
            self._position = _end_of_space(self._text, self._position)
            character = self._text[self._position : self._position + 1]
        return character

    def _error(self, phrase: str) -> ServingError:
        offset = len(self._text[: self._position].encode("utf-8", "surrogateescape"))
        return InvalidArgumentError(f"JSON Parse error: {phrase} at offset: {offset}")


def _string_phrase(message: str) -> str:
    """Translate a message of Python's decoder into RapidJSON's phrase."""
    if message.startswith("Unterminated"):
        return "Missing a closing quotation mark in string."
    if "uXXXX" in message:
        return "Incorrect hex digit after \\u escape in string."
    return "Invalid escape character in string."
