"""The one error of `serving`, with the canonical status code that both transports translate."""

from collections.abc import Mapping
from enum import IntEnum


class Code(IntEnum):
    """Canonical status codes; names and numbers equal gRPC's and `tensorflow.error.Code`'s."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


_HTTP_STATUS: Mapping[Code, int] = {
    Code.OK: 200,
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 401,
}


class ServingError(Exception):
    """A request, a model or a setting that cannot be served.

    Attributes:
        code: The canonical status code.
        message: The text that clients see; TensorFlow Serving's own where clients match it.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def http_status(self) -> int:
        """The HTTP status that TensorFlow Serving gives to this code (`ToHTTPStatusCode`)."""
        return _HTTP_STATUS[self.code]

    def describe(self) -> str:
        """Return the message with its code in front, as errors embed it in other errors."""
        return f"{self.code.name}: {self.message}"


class InvalidArgumentError(ServingError):
    """A request that is wrong in itself (HTTP 400)."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.INVALID_ARGUMENT, message)


class NotFoundError(ServingError):
    """A model, version or folder that is not there (HTTP 404)."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.NOT_FOUND, message)


class ServableNotFoundError(NotFoundError):
    """A model that is not configured, or a version of it that does not serve."""

    def __init__(self, name: str, version: int | None) -> None:
        which = f"Latest({name})" if version is None else f"Specific({name}, {version})"
        super().__init__(f"Servable not found for request: {which}")


class SettingsError(InvalidArgumentError):
    """A command-line value that the user can correct: one sentence, and exit code 2."""


class OverloadedError(ServingError):
    """More requests than the server takes at once: RESOURCE_EXHAUSTED, and HTTP 503, not 429."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.RESOURCE_EXHAUSTED, message)

    @property
    def http_status(self) -> int:
        """Return 503: the server, not the client's quota, is what is exhausted."""
        return 503


class DeadlineExceededError(ServingError):
    """A request whose time is up (HTTP 504)."""

    def __init__(self, message: str) -> None:
        super().__init__(Code.DEADLINE_EXCEEDED, message)
