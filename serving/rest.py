"""REST: TensorFlow Serving's `/v1` routes as an ASGI application over the data plane.

Source:
    TensorFlow Serving, `util/net_http`, `model_servers/http_server.cc`, `http_rest_api_util.cc`.
"""

import json
import logging
import re
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from serving import rest_codec
from serving.data_plane import DataPlane, ModelQuery
from serving.errors import Code, InvalidArgumentError, ServingError
from serving.json_writer import encode_text, write_json
from serving.metadata import metadata_json
from serving.model import LoadedModel
from serving.versions import VersionStatus

logger = logging.getLogger(__name__)

_API = re.compile(r"/v1/.*", re.IGNORECASE)
_POST = re.compile(
    r"/v1/models/([^/:]+)(?:/versions/([0-9]+)|/labels/([^/:]+))?:(classify|regress|predict)",
    re.IGNORECASE,
)
_GET = re.compile(
    r"/v1/models(?:/([^/:]+))?(?:/versions/([0-9]+)|/labels/([^/:]+))?(/metadata)?", re.IGNORECASE
)
_MAX_INT64 = 2**63 - 1
_MAX_INFLATED = 100 * 1024 * 1024  # bytes; upstream's limit for gzip bodies
_NOT_FOUND_PAGE = (
    "<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>\n</HEAD>"
    "<BODY>\n<H1>Not Found</H1>\n</BODY></HTML>\n"
)


@dataclass(frozen=True)
class _Target:
    """What a path asks for: `predict`, `classify`, `regress`, `status` or `metadata` of a model."""

    action: str
    query: ModelQuery


class _VersionOverflowError(Exception):
    """A version number beyond int64; upstream answers 400 with an empty body."""


def create_app(plane: DataPlane) -> Starlette:
    """Build the REST application.

    Args:
        plane: The models.

    Returns:
        An ASGI application.
    """
    return Starlette(routes=[Mount("/", app=RestApi(plane))])


class RestApi:
    """Answers everything below `/v1/`; other paths get libevent's HTML page, as upstream."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane = plane

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI)."""
        request = Request(scope, receive)
        response = await self._respond(request)
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        path = _full_path(request.scope)
        if not _API.fullmatch(path):
            return HTMLResponse(_NOT_FOUND_PAGE, 404, headers={"Connection": "close"})
        if request.method == "OPTIONS":
            return _preflight(request)
        try:
            target = _parse_target(request.method, path)
            body = _inflate(await request.body(), request.headers.get("content-encoding", ""))
            content = await run_in_threadpool(self._answer, target, body)
        except _VersionOverflowError:
            return _json_response(b"", 400)
        except ServingError as exc:
            return _error_response(exc)
        except Exception:
            logger.exception("A REST request failed inside the server.")
            return _error_response(ServingError(Code.INTERNAL, "Internal error"))
        return _json_response(content, 200)

    def _answer(self, target: _Target, body: bytes) -> bytes:
        if target.action == "predict":
            return self._predict(target.query, body)
        if target.action == "status":
            return _status_json(self._plane.statuses(target.query))
        if target.action == "metadata":
            with self._plane.use(target.query) as model:
                return metadata_json(model)
        raise ServingError(
            Code.UNIMPLEMENTED, f"{target.action} is served over gRPC only, not over REST"
        )

    def _predict(self, query: ModelQuery, body: bytes) -> bytes:
        document = rest_codec.parse_document(body)
        name = rest_codec.signature_name_of(document)
        with self._plane.use(query) as model:
            return _predict_with(model, name, document)


def _predict_with(model: LoadedModel, name: str, document: dict[str, Any]) -> bytes:
    signature = model.signatures.get(name)
    if signature is None:
        raise InvalidArgumentError(f'Serving signature name: "{name}" not found in signature def')
    inputs, in_rows = rest_codec.decode_predict(document, signature)
    return rest_codec.encode_predict(model.call(name, inputs), in_rows)


def _full_path(scope: Scope) -> str:
    """Return the path as sent, still percent-encoded, with the query: both are matched."""
    path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
    query: bytes = scope.get("query_string", b"")
    return (path + b"?" + query if query else path).decode("latin-1")


def _parse_target(method: str, path: str) -> _Target:
    match = {"POST": _POST, "GET": _GET}.get(method, re.compile(r"(?!)")).fullmatch(path)
    if match is None:
        raise InvalidArgumentError(f"Malformed request: {method} {path}")
    name, version, label, action = match.groups()
    query = _to_query(name, version, label)
    if method == "GET":
        if not name:
            raise InvalidArgumentError("Missing model name in request.")
        return _Target("metadata" if action else "status", query)
    if action != action.lower():  # the route ignores case, the verb does not
        raise InvalidArgumentError(f"Malformed request: {method} {path}")
    return _Target(action, query)


def _to_query(name: str | None, version: str | None, label: str | None) -> ModelQuery:
    if version is not None and int(version) > _MAX_INT64:
        raise _VersionOverflowError
    return ModelQuery(
        name=_unquote(name or ""),
        version=None if version is None else int(version),
        label=None if label is None else _unquote(label),
    )


def _unquote(text: str) -> str:
    return unquote_to_bytes(text.encode("latin-1")).decode("utf-8", "surrogateescape")


def _inflate(body: bytes, encoding: str) -> bytes:
    """Undo gzip; as upstream, a body that cannot be inflated counts as empty."""
    if "gzip" not in encoding:
        return body
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # 16: expect a gzip header
    try:
        inflated = inflater.decompress(body, _MAX_INFLATED + 1)
    except zlib.error:
        return b""
    return inflated if inflater.eof and len(inflated) <= _MAX_INFLATED else b""


def _status_json(statuses: list[VersionStatus]) -> bytes:
    entries = [
        {
            "version": str(status.version),
            "state": status.state.name,
            "status": {"error_code": status.code.name, "error_message": status.message},
        }
        for status in statuses
    ]
    document = {"model_version_status": entries}
    return encode_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def _preflight(request: Request) -> Response:
    origin = request.headers.get("origin", "")
    known = "http://" in origin or "https://" in origin
    return HTMLResponse(b"", 200 if known else 400)


def _error_response(error: ServingError) -> Response:
    return _json_response(encode_text(write_json({"error": error.message})), error.http_status)


def _json_response(content: bytes, status: int) -> Response:
    return Response(content, status, media_type="application/json")
