"""REST: TensorFlow Serving's API, metrics and our own few routes as one ASGI application."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.capture.recorder import Recorder
from serving.data_plane import DataPlane
from serving.errors import InvalidArgumentError
from serving.observing.observer import Observer, Tracer
from serving.rest.api import RestApi
from serving.rest.options import RestOptions
from serving.rest.replies import NOT_FOUND, Reply, error_reply
from serving.rest.routes import is_api_path
from serving.rest.site import Site

RenderMetrics = Callable[[], bytes]

_METRICS_TYPE = b"text/plain"


def create_app(
    plane: DataPlane,
    options: RestOptions,
    observer: Observer,
    tracer: Tracer,
    render_metrics: RenderMetrics | None = None,
    recorder: Recorder | None = None,
) -> ASGIApp:
    """Build the REST application.

    Args:
        plane: The models.
        options: Limits, timeouts and optional routes.
        observer: Is told of every request.
        tracer: Opens a span per request.
        render_metrics: Returns the metrics' text; None has no metrics.
        recorder: Captures requests; None captures none.

    Returns:
        An ASGI application; it knows HTTP only, no lifespan.
    """
    api = RestApi(plane, options, observer, tracer, recorder)
    site = Site(plane)
    metrics = _Metrics(options.metrics_path, render_metrics)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = full_path(scope)
        if metrics.owns(path):  # exact paths come first, as upstream
            await (await metrics.reply(path)).send(send)
        elif is_api_path(path):
            await api.answer(path, scope, receive, send)
        else:
            await site.reply(scope["method"], path).send(send)

    return app


def full_path(scope: Scope) -> str:
    """Return the path as sent, still percent-encoded, with the query: both are matched.

    Args:
        scope: ASGI's description of the request.

    Returns:
        The path, one character per byte.
    """
    path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
    query: bytes = scope.get("query_string", b"")
    return (path + b"?" + query if query else path).decode("latin-1")


class _Metrics:
    """The route of the metrics, if there is one."""

    def __init__(self, path: str | None, render: RenderMetrics | None) -> None:
        self._path = path if render is not None else None
        self._render = render

    def owns(self, path: str) -> bool:
        return self._path is not None and path.partition("?")[0] == self._path

    async def reply(self, path: str) -> Reply:
        if self._render is None:
            return NOT_FOUND
        if path != self._path:
            text = f"Unexpected path: {path}. Should be {self._path}"
            return error_reply(InvalidArgumentError(text))
        # Not on the threads of the API: metrics are wanted most when those are all busy.
        content = await asyncio.get_running_loop().run_in_executor(None, self._render)
        return Reply(200, content, _METRICS_TYPE)
