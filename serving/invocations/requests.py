"""A request on the SageMaker port: what it asks, of which model, and in which form."""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import unquote_to_bytes

from serving.data_plane import ModelQuery
from serving.errors import InvalidArgumentError, NotFoundError, ServingError
from serving.invocations.media_types import choose_answer_type, content_type_of
from serving.invocations.names import (
    ALL_TRAFFIC,
    CUSTOM_ATTRIBUTES,
    ENDPOINTS,
    MODELS,
    NEW_SESSION,
    NEW_SESSION_HEADER,
    SESSION,
    TARGET_MODEL,
    TARGET_VARIANT,
)
from serving.invocations.questions import Document, Question, Table, Texts, read_question
from serving.rest.json.writer import encode_text
from serving.rest.replies import Headers
from serving.rest.requests.keyed import RestRequest
from serving.rest.routes import Target

_ATTRIBUTE = re.compile(r"(tfs-[a-z-]+)=([^,]+)")
_METHODS = ("predict", "classify", "regress")
_ARCHIVE = ".tar.gz"
_SESSION_LASTS = timedelta(hours=1)
_MAX_DIGITS = 18
_ASKS = re.compile(r"/invocations|/endpoints/([^/?]+)/invocations|/models/([^/?]+)/invoke")


class InvocationRequest(RestRequest):
    """A request that asks a model; a `Keyed` for the plans of traffic."""

    __slots__ = ("_new_session", "_question")

    def __init__(self, headers: Mapping[bytes, bytes], body: bytes) -> None:
        """Take a request; its body is read when it is asked.

        Args:
            headers: Its headers, names in lower case.
            body: Its body, inflated.
        """
        super().__init__(headers, body)
        self._question: Question | None = None
        self._new_session = b""
        if headers.get(SESSION) == NEW_SESSION:
            self._new_session = secrets.token_hex(16).encode()

    def question(self) -> Question:
        """Return what the body asks.

        Raises:
            ServingError: If it cannot be read.
        """
        if self._question is None:
            content_type = content_type_of(self.headers.get(b"content-type"))
            self._question = read_question(self.body, content_type)
        return self._question

    def answer_type(self, offered: Sequence[str]) -> str:
        """Choose a form of the answer, of which the usual one comes first; see Accept."""
        return choose_answer_type(self.headers.get(b"accept"), offered)

    def document(self) -> dict[str, Any]:
        """Return what TensorFlow Serving is asked; InvalidArgumentError for another question."""
        question = self.question()
        if not isinstance(question, Document):
            raise InvalidArgumentError("Only a JSON body of TensorFlow Serving can ask for this")
        return question.content

    def header(self, name: str) -> bytes | None:
        """Return a header; SageMaker's session stands for the one that is asked for."""
        return super().header(name) or self._new_session or self.headers.get(SESSION)

    def texts(self) -> Iterator[bytes]:
        """Yield the texts; none of a body that only the model's own code can read."""
        try:
            question = self.question()
        except ServingError:
            return
        if isinstance(question, Texts | Table):
            yield from (encode_text(text) for row in question.rows for text in row)
        else:
            yield from super().texts()

    def session_headers(self) -> Headers:
        """Return the header that names a session which the client wished for."""
        if not self._new_session:
            return ()
        ends = datetime.now(timezone.utc) + _SESSION_LASTS
        text = f"; Expires={ends:%Y-%m-%dT%H:%M:%SZ}"
        return ((NEW_SESSION_HEADER, self._new_session + text.encode()),)


def target_of(
    method: str, path: str, headers: Mapping[bytes, bytes], names: Callable[[], Sequence[str]]
) -> Target:
    """Say what a request asks of which model.

    Args:
        method: The HTTP method.
        path: The path as sent, with its query.
        headers: The headers, names in lower case.
        names: Returns the names of the models that are served.

    Returns:
        What is asked.

    Raises:
        InvalidArgumentError: If no model can be meant, or an attribute is wrong.
        NotFoundError: If there is no such path.
    """
    found = _ASKS.fullmatch(path.partition("?")[0])
    if found is None or method != "POST":
        raise NotFoundError(f"There is no {method} {path[:100]}")
    attributes = _attributes(headers)
    action = attributes.get("tfs-method", "predict")
    if action not in _METHODS:
        raise InvalidArgumentError(f"tfs-method is {action!r}; allowed are {', '.join(_METHODS)}")
    endpoint, listed = (None if one is None else _unquote(one) for one in found.groups())
    name = listed or attributes.get("tfs-model-name") or _target_model(headers, names)
    query = _query(name or endpoint or _only(names()), headers, attributes)
    return Target(action, query)


def is_runtime(path: str) -> bool:
    """Tell whether a path is one of SageMaker's runtime, not of a container."""
    return path.startswith(ENDPOINTS)


def is_of_multi_model(path: str) -> bool:
    """Tell whether a path asks a model of a multi-model container."""
    return path.startswith(MODELS)


def _query(name: str, headers: Mapping[bytes, bytes], attributes: Mapping[str, str]) -> ModelQuery:
    version = attributes.get("tfs-model-version", "")
    if version and not _is_version(version):
        raise InvalidArgumentError(f"tfs-model-version is {version[:100]!r}; give a number")
    variant = _text(headers, TARGET_VARIANT)
    if version or variant in {"", ALL_TRAFFIC}:
        return ModelQuery(name, int(version) if version else None)
    if _is_version(variant):
        return ModelQuery(name, int(variant))
    return ModelQuery(name, label=variant)


def _attributes(headers: Mapping[bytes, bytes]) -> dict[str, str]:
    found = _ATTRIBUTE.findall(_text(headers, CUSTOM_ATTRIBUTES))
    return {name: value.strip() for name, value in found}


def _target_model(headers: Mapping[bytes, bytes], names: Callable[[], Sequence[str]]) -> str:
    """Return the model that a client of a multi-model endpoint names, by its archive."""
    given = _text(headers, TARGET_MODEL)
    return given if given in names() else given.removesuffix(_ARCHIVE)


def _only(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    which = f"has several: {', '.join(names)}" if names else "has none"
    raise InvalidArgumentError(
        f"The request names no model, and this server {which}; name one as "
        "tfs-model-name=NAME in X-Amzn-SageMaker-Custom-Attributes"
    )


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("utf-8", "surrogateescape").strip()


def _is_version(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def _unquote(text: str) -> str:
    return unquote_to_bytes(text.encode("latin-1")).decode("utf-8", "surrogateescape")
