"""SageMaker's protocol for the REST transport."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from serving.capture.recorder import Recorder
from serving.data_plane import DataPlane
from serving.errors import NotFoundError, ServingError
from serving.invocations.calls import InvocationCalls
from serving.invocations.errors import EndpointNotFoundError, container_error, runtime_error
from serving.invocations.requests import (
    InvocationRequest,
    is_of_multi_model,
    is_runtime,
    target_of,
)
from serving.rest.dialect import Calls
from serving.rest.replies import Reply
from serving.rest.requests.keyed import RestRequest
from serving.rest.routes import Target


@dataclass(frozen=True)
class InvocationOptions:
    """What can be chosen on the SageMaker port.

    Attributes:
        response_keys: What the answer to a row of a CSV holds; see `settings.RESPONSE_KEYS`.
        check_method_names: Whether signatures answer only the calls that they declare.
        may_change_models: Whether clients may load and unload models.
    """

    response_keys: Sequence[str] = ("predicted_label",)
    check_method_names: bool = False
    may_change_models: bool = True


class SageMaker:
    """See `serving.rest.dialect.Dialect`."""

    def __init__(
        self, plane: DataPlane, options: InvocationOptions, recorder: Recorder | None
    ) -> None:
        """Prepare.

        Args:
            plane: The models.
            options: What can be chosen.
            recorder: Says what is to be captured; None captures nothing.
        """
        self._plane = plane
        self.calls: Calls = InvocationCalls(
            plane, options.check_method_names, options.response_keys, recorder
        )

    def target(self, method: str, path: str, headers: Mapping[bytes, bytes]) -> Target:
        """Say what is asked of which model; see `target_of`."""
        target = target_of(method, path, headers, self._plane.names)
        if is_runtime(path) and not self._plane.knows(target.query.name):
            raise EndpointNotFoundError(f"Endpoint {target.query.name} not found.")
        if is_of_multi_model(path) and not self._plane.knows(target.query.name):
            raise NotFoundError(f"Model {target.query.name} is not loaded yet.")
        return target

    def request(self, headers: Mapping[bytes, bytes], body: bytes) -> RestRequest:
        """Return a request whose body, inflated, has come."""
        return InvocationRequest(headers, body)

    def error(self, path: str, error: ServingError) -> Reply:
        """Return the answer that reports an error."""
        return runtime_error(error) if is_runtime(path) else container_error(error)
