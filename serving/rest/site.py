"""Routes that TensorFlow Serving lacks: a page for people, health checks, the description."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from serving.data_plane import DataPlane
from serving.errors import Code
from serving.rest.json.writer import encode_text
from serving.rest.replies import JSON, NOT_FOUND, TEXT, Headers, Reply

_PAGE_HEADERS: Headers = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        b"img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
)
_PAGE_FILES = {
    "/": ("index.html", b"text/html; charset=utf-8"),
    "/page/page.css": ("page.css", b"text/css; charset=utf-8"),
    "/page/page.js": ("page.js", b"text/javascript; charset=utf-8"),
    "/page/traffic.js": ("traffic.js", b"text/javascript; charset=utf-8"),
    "/page/icon.svg": ("icon.svg", b"image/svg+xml"),
}
_NO_CACHE: Headers = ((b"cache-control", b"no-store"),)
_ROOT = "serving.rest"


class Site:
    """Answers the paths outside `/v1/`; all but a few get libevent's page, as upstream."""

    def __init__(self, plane: DataPlane) -> None:
        """Prepare.

        Args:
            plane: The models.
        """
        self._plane = plane
        self._routes: Mapping[str, Callable[[], Reply]] = {
            "/healthz": _healthz,
            "/readyz": self._readyz,
            "/models.json": self._models,
            "/openapi.json": lambda: Reply(200, _read("openapi.json")),
        }

    def reply(self, method: str, path: str) -> Reply:
        """Answer one request.

        Args:
            method: The HTTP method.
            path: The path as sent; its query does not matter.

        Returns:
            The answer.
        """
        path = path.partition("?")[0]
        if method not in {"GET", "HEAD"}:
            return NOT_FOUND
        if path in self._routes:
            return self._routes[path]()
        if path in _PAGE_FILES:
            name, media_type = _PAGE_FILES[path]
            return Reply(200, _read(f"page/{name}"), media_type, _PAGE_HEADERS)
        return NOT_FOUND

    def _readyz(self) -> Reply:
        missed = self._plane.missed()
        if not missed:
            return Reply(200, b"ok", TEXT, _NO_CACHE)
        text = f"not ready: {', '.join(missed)}"
        return Reply(503, encode_text(text), TEXT, _NO_CACHE, Code.UNAVAILABLE)

    def _models(self) -> Reply:
        """List the models for the page; `/v1/models` is 400 upstream, and here."""
        models = [
            {
                "name": model.name,
                "labels": dict(model.labels),
                "versions": [
                    {
                        "version": str(status.version),
                        "state": status.state.name,
                        "engine": status.engine,
                        "error_code": status.code.name,
                        "error_message": status.message,
                    }
                    for status in model.statuses
                ],
                "waits_for": model.waits_for,
            }
            for model in self._plane.models()
        ]
        content = json.dumps({"models": models}, ensure_ascii=False)
        return Reply(200, encode_text(content), JSON, _NO_CACHE)


def _healthz() -> Reply:
    return Reply(200, b"ok", TEXT, _NO_CACHE)


@cache
def _read(name: str) -> bytes:
    return (files(_ROOT) / name).read_bytes()
