"""The client for the gRPC API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bert_aas.contracts.extras import missing_extras
from serving.client.answers import VersionStatus, parse_status
from serving.client.base import Client, Target
from serving.client.errors import ClientError, Question, ServerUnavailableError
from serving.client.retries import Retries
from serving.client.signatures import Metadata, SignatureInfo, parse_metadata
from serving.errors import Code, InvalidArgumentError, SettingsError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # gRPC's own pause after a failed connection is 1 s; `Retries` decides about pauses here.
    ("grpc.initial_reconnect_backoff_ms", 100),
)
_NO_SUCH_HOST = ("DNS resolution failed", "errors resolving ")  # older and newer gRPC
# How gRPC's core words its own UNAVAILABLE; nothing else tells it from a status of the server.
_NO_CONNECTION = (
    *_NO_SUCH_HOST,
    "failed to connect",
    "Socket closed",
    "Connection reset",
    "Broken pipe",
)


class GrpcClient(Client):
    """Asks one model over gRPC; the connection is kept open and made again when it breaks.

    Example:
        >>> with GrpcClient("localhost:8500", model="bert") as client:  # doctest: +SKIP
        ...     print(client.classify_texts(["Sturdy and quiet."])[0].label)
    """

    def __init__(  # noqa: PLR0913 - the options of one constructor, all but two by default
        self,
        address: str,
        model: str,
        version: int | None = None,
        label: str | None = None,
        *,
        timeout_s: float = 30.0,
        retries: Retries | None = None,
        credentials: Any = None,
    ) -> None:
        """Keep the settings; nothing is sent yet.

        Args:
            address: Host and port, such as `localhost:8500`, or `unix:` and a path.
            model: The model's name.
            version: Its version; otherwise the server takes the highest.
            label: Label of a version, instead of `version`.
            timeout_s: Longest wait for one request's answer, retries included, seconds.
            retries: When to ask again; by default three times within some seconds.
            credentials: `grpc.ssl_channel_credentials(...)` or other channel credentials; without
                them nothing is encrypted.

        Raises:
            SettingsError: If the settings cannot work.
            InvalidInputError: If gRPC is not installed.
        """
        if "://" in address:
            raise SettingsError(f"The address {address} is a URL; gRPC takes host:port.")
        super().__init__(address, Target(model, version, label), timeout_s, retries or Retries())
        with missing_extras():
            import grpc

        from serving.runtime.protos import load_protos

        self._protos = load_protos()
        if credentials is None:
            self._channel = grpc.insecure_channel(address, _OPTIONS)
        else:
            self._channel = grpc.secure_channel(address, credentials, _OPTIONS)
        stubs = self._protos
        self._prediction = stubs.prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._models = stubs.model_service_pb2_grpc.ModelServiceStub(self._channel)

    def metadata(self) -> Metadata:
        """Return the model's signatures and the version that answers.

        Returns:
            What the server says.

        Raises:
            ClientError: If it refuses or cannot be reached.
        """
        request = self._protos.get_model_metadata_pb2.GetModelMetadataRequest()
        request.metadata_field.append("signature_def")
        answer = self._ask("GetModelMetadata", self._prediction.GetModelMetadata, request)
        try:
            return parse_metadata(_as_document(answer))
        except ValueError as exc:
            raise self._nonsense(self._request("GetModelMetadata"), exc) from exc

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def _status(self, retries: Retries) -> list[VersionStatus]:
        request = self._protos.get_model_status_pb2.GetModelStatusRequest()
        answer = self._ask("GetModelStatus", self._models.GetModelStatus, request, retries)
        try:
            return parse_status(_as_document(answer))
        except ValueError as exc:
            raise self._nonsense(self._request("GetModelStatus"), exc) from exc

    def _run(
        self, inputs: Mapping[str, NDArray[Any]], signature_name: str, signature: SignatureInfo
    ) -> dict[str, NDArray[Any]]:
        from serving.runtime.tensor_proto import fill_proto, to_array

        request = self._protos.predict_pb2.PredictRequest()
        request.model_spec.signature_name = signature_name
        for name, array in inputs.items():
            fill_proto(request.inputs[name], array)
        answer = self._ask("Predict", self._prediction.Predict, request)
        try:
            return {name: to_array(name, proto) for name, proto in answer.outputs.items()}
        except InvalidArgumentError as exc:
            raise self._nonsense(self._request("Predict"), exc) from exc

    def _ask(
        self,
        method: str,
        call: Callable[..., Any],
        request: Any,
        retries: Retries | None = None,
    ) -> Any:
        import grpc

        question = self._question(self._request(method))
        self._name_model(request.model_spec)

        def attempt(left_s: float) -> Any:
            try:
                return call(request, timeout=left_s)
            except grpc.RpcError as exc:
                raise _refused(exc, question) from exc

        return (retries or self.retries).run(attempt, self.timeout_s)

    def _request(self, method: str) -> str:
        return f"{method} of {self.target.model}"

    def _name_model(self, spec: Any) -> None:
        spec.name = self.target.model
        if self.target.version is not None:
            spec.version.value = self.target.version
        if self.target.label is not None:
            spec.version_label = self.target.label


def _refused(exc: Any, question: Question) -> ClientError:
    code, message = Code[exc.code().name], exc.details() or ""
    if code is Code.UNAVAILABLE and any(phrase in message for phrase in _NO_CONNECTION):
        is_transient = not any(phrase in message for phrase in _NO_SUCH_HOST)
        return ServerUnavailableError(message, question, is_transient=is_transient)
    return ClientError(code, message, question)


def _as_document(message: Any) -> dict[str, Any]:
    from google.protobuf import json_format
    from google.protobuf.message import DecodeError

    document: dict[str, Any]
    try:
        document = json_format.MessageToDict(message, preserving_proto_field_name=True)
    except (TypeError, DecodeError) as exc:  # a packed message of an unknown type, or broken
        raise ValueError(str(exc)) from exc
    return document
