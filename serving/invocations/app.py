"""The SageMaker port as one ASGI application."""

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.capture.recorder import Recorder
from serving.data_plane import DataPlane
from serving.invocations.dialect import InvocationOptions, SageMaker
from serving.invocations.models import ModelsApi, is_models_path
from serving.observing.observer import Observer, Tracer
from serving.rest.api import RestApi
from serving.rest.app import full_path
from serving.rest.json.writer import encode_text, write_json
from serving.rest.options import RestOptions
from serving.rest.replies import TEXT, Reply

_PING = "/ping"
_PARAMETERS = "/execution-parameters"
_READS = frozenset({"GET", "HEAD"})
_MIB = 1024 * 1024


def create_invocations_app(
    plane: DataPlane,
    rest: RestOptions,
    options: InvocationOptions,
    observer: Observer,
    tracer: Tracer,
    recorder: Recorder | None = None,
) -> ASGIApp:
    """Build the application.

    Args:
        plane: The models.
        rest: Limits and timeouts.
        options: What can be chosen on this port.
        observer: Is told of every request to a model.
        tracer: Opens a span per request.
        recorder: Captures requests; None captures none.

    Returns:
        An ASGI application; it knows HTTP only, no lifespan.
    """
    api = RestApi(plane, rest, observer, tracer, recorder, SageMaker(plane, options, recorder))

    models = ModelsApi(plane, rest, options.may_change_models)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = full_path(scope)
        if path == _PING and scope["method"] in _READS:
            await Reply(200 if plane.is_ready() else 503, b"", TEXT).send(send)
        elif path == _PARAMETERS and scope["method"] in _READS:
            await _execution_parameters(rest).send(send)
        elif is_models_path(path):
            await models.answer(path, scope, receive, send)
        else:
            await api.answer(path, scope, receive, send)

    return app


def _execution_parameters(rest: RestOptions) -> Reply:
    """Return what a batch transform may ask for; it sends many records in one body."""
    document = {
        "MaxConcurrentTransforms": min(rest.max_concurrent_requests, rest.num_threads),
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": max(1, rest.max_request_bytes // _MIB),
    }
    return Reply(200, encode_text(write_json(document)))
