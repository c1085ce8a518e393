"""Reads JSON without recursion: the slow reader for what Python's own decoder cannot do.

Source:
    RapidJSON 1.1.0, `reader.h`, for what is accepted and for the error texts.
"""

import re
from collections.abc import Callable
from typing import Any

from serving.errors import InvalidArgumentError, ServingError
from serving.rest.json.objects import JsonObject
from serving.rest.json.scalars import ScalarError, read_literal, read_string

DecodeValue = Callable[[str, int], tuple[Any, int]]
_Container = list[Any] | JsonObject

_SPACES = " \t\n\r"
_SPACE = re.compile(f"[{_SPACES}]*")
_OPENING = re.compile(r"\[+")
_NO_VALUES = frozenset(["", "\0", ",", ":", "]", "}"])
_MAX_STEPS = 1_500_000  # some 2 s; only documents made to be slow need more
_MAX_FAILED_DECODINGS = 8  # each may read all of the text in vain
_FAILED = object()


class IterativeReader:
    """An iterative reader: nesting costs heap, never the interpreter's stack."""

    def __init__(
        self, text: str, position: int, decode: DecodeValue | None = None, skipped_bytes: int = 0
    ) -> None:
        """Prepare.

        Args:
            text: The document.
            position: Where its value begins.
            decode: Reads a whole value at a position, fast, or raises ValueError or RecursionError;
                None has every value read here.
            skipped_bytes: Of the body, in front of the text; they count in the places of errors.
        """
        self._text = text
        self._position = position
        self._open: list[_Container] = []
        self._decode = decode
        self._skipped_bytes = skipped_bytes
        self._failed_decodings = 0

    def read(self) -> Any:
        """Read one value.

        Returns:
            The value.

        Raises:
            InvalidArgumentError: If there is none or it takes too many steps.
        """
        if self._text[self._position : self._position + 1] in _NO_VALUES:
            raise self._error("The document is empty.")
        root = self._value()
        steps = 0
        while self._open:
            self._member(self._open[-1])
            steps += 1
            if steps > _MAX_STEPS:
                raise self._error("The document is too complex.")
        return root

    def _member(self, container: _Container) -> None:
        """Read the next member of the innermost open container, or its end."""
        is_list = isinstance(container, list)
        character = self._next()
        if character == ("]" if is_list else "}"):
            self._close(character)
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
            container.add(key, self._value())

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
            value, self._position = self._scalar(read_literal)
            return value
        value = self._decode_whole()
        if value is not _FAILED:
            return value
        return self._open_lists() if character == "[" else self._open_object()

    def _decode_whole(self) -> Any:
        """Let the fast decoder read a container, unless that has failed too often."""
        if self._decode is None or self._failed_decodings == _MAX_FAILED_DECODINGS:
            return _FAILED
        try:
            value, self._position = self._decode(self._text, self._position)
        except (ValueError, RecursionError):
            self._failed_decodings += 1
            return _FAILED
        return value

    def _open_object(self) -> JsonObject:
        self._position += 1
        opened = JsonObject()
        self._open.append(opened)
        return opened

    def _open_lists(self) -> list[Any]:
        """Open as many lists as there are brackets in a row; return the outermost."""
        brackets = _OPENING.match(self._text, self._position)
        count = len(brackets.group()) if brackets else 1
        self._position += count
        outermost: list[Any] = []
        innermost = outermost
        self._open.append(outermost)
        for _ in range(count - 1):
            opened: list[Any] = []
            innermost.append(opened)
            self._open.append(opened)
            innermost = opened
        return outermost

    def _close(self, bracket: str) -> None:
        """Close as many containers of one kind as there are brackets in a row."""
        kind = list if bracket == "]" else JsonObject
        opened, text, position = self._open, self._text, self._position
        while opened and isinstance(opened[-1], kind) and text[position : position + 1] == bracket:
            opened.pop()
            position += 1
        self._position = position

    def _string(self) -> str:
        value, self._position = self._scalar(read_string)
        return str(value)

    def _scalar(self, read: Callable[[str, int], tuple[Any, int]]) -> tuple[Any, int]:
        try:
            return read(self._text, self._position)
        except ScalarError as exc:
            self._position = exc.position
            raise self._error(exc.phrase) from exc

    def _next(self) -> str:
        """Skip white space; return the character there, which stays unread, or nothing."""
        character = self._text[self._position : self._position + 1]
        if character and character in _SPACES:
            self._position = _end_of_space(self._text, self._position)
            character = self._text[self._position : self._position + 1]
        return character

    def _error(self, phrase: str) -> ServingError:
        read = self._text[: self._position].encode("utf-8", "surrogateescape")
        offset = self._skipped_bytes + len(read)
        return InvalidArgumentError(f"JSON Parse error: {phrase} at offset: {offset}")


def _end_of_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
