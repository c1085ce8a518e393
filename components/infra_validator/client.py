"""TFX's client of a model server, with a deadline for every call: a server may hang."""

from collections.abc import Callable
from typing import Any, NamedTuple

import grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc
from tfx.components.infra_validator.model_server_clients import tensorflow_serving_client


class DeadlineClient(tensorflow_serving_client.TensorFlowServingClient):  # type: ignore[misc,unused-ignore]
    """Asks a server; a call that takes too long ends as `DEADLINE_EXCEEDED`."""

    def __init__(self, endpoint: str, model_name: str, timeout_s: float) -> None:
        """Connect.

        Args:
            endpoint: `host:port` of gRPC.
            model_name: Name under which the model is served.
            timeout_s: Of every call.
        """
        super().__init__(endpoint, model_name)
        channel = grpc.intercept_channel(self._channel, _Deadline(timeout_s))
        self._model_service = model_service_pb2_grpc.ModelServiceStub(channel)
        self._prediction_service = prediction_service_pb2_grpc.PredictionServiceStub(channel)


class _CallDetails(NamedTuple):
    """The options of a call, as gRPC passes them to an interceptor."""

    method: str
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


class _Deadline(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc,unused-ignore]
    """Gives every call the same timeout."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s

    def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Any], client_call_details: Any, request: Any
    ) -> Any:
        """Send a request.

        Args:
            continuation: Sends it.
            client_call_details: Of the call.
            request: The request.

        Returns:
            The call.
        """
        given = client_call_details
        details = _CallDetails(
            given.method,
            self._timeout_s,
            given.metadata,
            given.credentials,
            given.wait_for_ready,
            given.compression,
        )
        return continuation(details, request)
