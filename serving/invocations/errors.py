"""Errors as SageMaker's clients know them: a container's own, and those of its runtime.

Source:
    Amazon SageMaker's API reference, `InvokeEndpoint`, errors.
"""

import json

from serving.errors import NotFoundError, ServingError
from serving.invocations.names import ERROR_TYPE
from serving.rest.json.writer import encode_text
from serving.rest.replies import Reply, error_reply

_MODEL_ERROR = 424
_UNAVAILABLE = 503
_TOO_LARGE = 413
_SERVER_ERROR = 500


class EndpointNotFoundError(NotFoundError):
    """An endpoint that is not there, which the runtime refuses itself."""


def container_error(error: ServingError) -> Reply:
    """Return the answer of a container.

    Args:
        error: What happened.

    Returns:
        `{"error": <message>}` with the error's own status.
    """
    return error_reply(error)


def runtime_error(error: ServingError) -> Reply:
    """Return the answer of the runtime, which wraps what the container answered.

    Args:
        error: What happened.

    Returns:
        An answer from which `boto3` raises `ModelError`, `ValidationError` or
        `ServiceUnavailable`.
    """
    status = error.http_status
    if isinstance(error, EndpointNotFoundError):
        return _reply(400, "ValidationError", {"Message": error.message}, error)
    if status == _UNAVAILABLE:
        return _reply(status, "ServiceUnavailable", {"Message": error.message}, error)
    if status == _TOO_LARGE:
        return _reply(status, "ValidationError", {"Message": error.message}, error)
    side = "server" if status >= _SERVER_ERROR else "client"
    original = json.dumps({"error": error.message})
    message = f'Received {side} error ({status}) from primary with message "{original}"'
    document = {"Message": message, "OriginalMessage": original, "OriginalStatusCode": status}
    return _reply(_MODEL_ERROR, "ModelError", document, error)


def _reply(status: int, kind: str, document: dict[str, object], error: ServingError) -> Reply:
    content = encode_text(json.dumps(document))
    return Reply(status, content, headers=((ERROR_TYPE, kind.encode()),), code=error.code)
