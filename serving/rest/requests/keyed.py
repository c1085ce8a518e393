"""A REST request: its headers, its body, what the body says, and what a traffic plan asks of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from serving.errors import InvalidArgumentError
from serving.rest.codecs.predict_codec import parse_document
from serving.rest.json.values import decode_base64, is_base64_object
from serving.rest.json.writer import encode_text

_ASKED = ("instances", "inputs", "examples", "context")


class RestRequest:
    """A request that asks a model; a `Keyed` for the plans of traffic.

    Attributes:
        headers: Its headers, names in lower case.
        body: Its body, inflated.
    """

    __slots__ = ("_document", "body", "headers")

    def __init__(self, headers: Mapping[bytes, bytes], body: bytes) -> None:
        """Take a request; its body is read when it is asked.

        Args:
            headers: Its headers, names in lower case.
            body: Its body, inflated.
        """
        self.headers = headers
        self.body = body
        self._document: dict[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """Return what the body says; InvalidArgumentError if it is no JSON or no object."""
        if self._document is None:
            self._document = parse_document(self.body)
        return self._document

    def header(self, name: str) -> bytes | None:
        """Return a header."""
        return self.headers.get(name.encode("latin-1"))

    def texts(self) -> Iterator[bytes]:
        """Yield the texts; InvalidArgumentError if the body is no JSON."""
        document = self.document()
        for key in _ASKED:
            if key in document:
                yield from _texts_in(document[key])

    def content(self) -> bytes:
        """Return the body."""
        return self.body


def _texts_in(value: Any) -> Iterator[bytes]:
    """Yield all strings in a value, however deep it is nested."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield encode_text(one)
        elif is_base64_object(one):
            yield _decoded(one["b64"])
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _decoded(text: str) -> bytes:
    """Decode base64; what is none is refused later, by who reads the request."""
    try:
        return decode_base64(text)
    except InvalidArgumentError:
        return encode_text(text)
