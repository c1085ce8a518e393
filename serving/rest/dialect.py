"""What makes one HTTP protocol of the REST transport: its paths, its bodies, its errors."""

from collections.abc import Mapping
from typing import Protocol

from serving.capture.recorder import Recorder
from serving.data_plane import DataPlane
from serving.errors import ServingError
from serving.rest.model_calls import Answer, ModelCalls
from serving.rest.replies import Reply, error_reply
from serving.rest.requests.keyed import RestRequest
from serving.rest.routes import Target, parse_target

RequestHeaders = Mapping[bytes, bytes]


class Calls(Protocol):
    """Answers requests once they are read."""

    def answer(self, target: Target, request: RestRequest, deadline: float) -> Answer:
        """Answer a request in a thread; see `ModelCalls`."""
        ...

    def metadata(self, target: Target) -> Answer:
        """Describe a model; see `ModelCalls`."""
        ...

    async def answer_waiting(
        self, target: Target, request: RestRequest, deadline: float
    ) -> Answer | None:
        """Answer a request on the event loop, or leave it to a thread; see `ModelCalls`."""
        ...


class Dialect(Protocol):
    """One protocol.

    Attributes:
        calls: Answers its requests.
    """

    calls: Calls

    def target(self, method: str, path: str, headers: RequestHeaders) -> Target:
        """Say what is asked of which model.

        Args:
            method: The HTTP method.
            path: The path as sent, with its query.
            headers: The headers, names in lower case.

        Raises:
            ServingError: If that is nothing that can be asked.
        """
        ...

    def request(self, headers: RequestHeaders, body: bytes) -> RestRequest:
        """Return a request whose body, inflated, has come."""
        ...

    def error(self, path: str, error: ServingError) -> Reply:
        """Return the answer that reports an error."""
        ...


class TensorFlowServing:
    """The REST API of TensorFlow Serving."""

    def __init__(
        self, plane: DataPlane, check_method_names: bool, recorder: Recorder | None
    ) -> None:
        """Prepare; the arguments are those of `ModelCalls`."""
        self.calls: Calls = ModelCalls(plane, check_method_names, recorder)

    def target(self, method: str, path: str, _headers: RequestHeaders) -> Target:
        """Read a request line; see `parse_target`."""
        return parse_target(method, path)

    def request(self, headers: RequestHeaders, body: bytes) -> RestRequest:
        """Return a request whose body, inflated, has come."""
        return RestRequest(headers, body)

    def error(self, _path: str, error: ServingError) -> Reply:
        """Return the answer that reports an error; see `error_reply`."""
        return error_reply(error)
