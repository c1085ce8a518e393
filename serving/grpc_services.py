"""gRPC: PredictionService and ModelService as thin handlers over the data plane.

Importing this module imports TensorFlow, whose protos the messages contain. Methods that are not
registered here (Regress, MultiInference, HandleReloadConfigRequest) answer UNIMPLEMENTED.

Source:
    TensorFlow Serving, `apis/*.proto`, `model_servers/prediction_service_impl.cc`.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
)

from serving import tensor_proto
from serving.classification import Classifications, classify
from serving.data_plane import DataPlane, ModelQuery
from serving.errors import InvalidArgumentError, ServingError
from serving.model import DEFAULT_SIGNATURE, LoadedModel
from serving.versions import VersionStatus

logger = logging.getLogger(__name__)

_MAX_MESSAGE = 1024  # characters of an error text; upstream cuts there
_MAX_WORKERS = 32
_SIGNATURE_DEF = "signature_def"
_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.so_reuseport", 0),  # a taken port is an error, not shared
)

Handler = Callable[[Any], Any]


def create_grpc_server(plane: DataPlane) -> Any:
    """Build the gRPC server; it has no port yet.

    Args:
        plane: The models.

    Returns:
        A `grpc.Server`.
    """
    services = GrpcServices(plane)
    workers = ThreadPoolExecutor(_MAX_WORKERS, thread_name_prefix="grpc")
    server = grpc.server(workers, options=_OPTIONS)
    prediction: Mapping[str, tuple[Handler, Any]] = {
        "Predict": (services.predict, predict_pb2.PredictRequest),
        "Classify": (services.classify, classification_pb2.ClassificationRequest),
        "GetModelMetadata": (
            services.get_model_metadata,
            get_model_metadata_pb2.GetModelMetadataRequest,
        ),
    }
    model: Mapping[str, tuple[Handler, Any]] = {
        "GetModelStatus": (services.get_model_status, get_model_status_pb2.GetModelStatusRequest)
    }
    server.add_generic_rpc_handlers(
        (
            _service("tensorflow.serving.PredictionService", prediction),
            _service("tensorflow.serving.ModelService", model),
        )
    )
    return server


class GrpcServices:
    """The methods: each takes a request message and returns the answer or raises ServingError."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane = plane

    def predict(self, request: Any) -> Any:
        """Answer `PredictionService.Predict`."""
        with self._plane.use(_to_query(request)) as model:
            inputs = {
                alias: tensor_proto.to_array(alias, proto)
                for alias, proto in request.inputs.items()
            }
            signature_name = request.model_spec.signature_name
            outputs = model.call(signature_name, inputs, list(request.output_filter))
            response = predict_pb2.PredictResponse()
            _fill_spec(response.model_spec, model, signature_name or DEFAULT_SIGNATURE)
        for alias, array in outputs.items():
            tensor_proto.fill_proto(response.outputs[alias], array)
        return response

    def classify(self, request: Any) -> Any:
        """Answer `PredictionService.Classify`."""
        with self._plane.use(_to_query(request)) as model:
            signature_name = request.model_spec.signature_name
            found = classify(model, signature_name, _to_examples(request.input))
            response = classification_pb2.ClassificationResponse()
            _fill_spec(response.model_spec, model, signature_name or DEFAULT_SIGNATURE)
        _fill_classifications(response.result, found)
        return response

    def get_model_metadata(self, request: Any) -> Any:
        """Answer `PredictionService.GetModelMetadata`; `signature_def` is the only field."""
        query = _to_query(request)
        if not request.metadata_field:
            raise InvalidArgumentError(
                "GetModelMetadataRequest must specify at least one metadata_field"
            )
        for field in request.metadata_field:
            if field != _SIGNATURE_DEF:
                raise InvalidArgumentError(f"Metadata field {field} is not supported")
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        signatures = get_model_metadata_pb2.SignatureDefMap()
        with self._plane.use(query) as model:
            _fill_spec(response.model_spec, model, "")
            for name, proto in model.signature_defs.items():
                signatures.signature_def[name].CopyFrom(proto)
        response.metadata[_SIGNATURE_DEF].Pack(signatures)
        return response

    def get_model_status(self, request: Any) -> Any:
        """Answer `ModelService.GetModelStatus`."""
        response = get_model_status_pb2.GetModelStatusResponse()
        for status in self._plane.statuses(_to_query(request)):
            _fill_status(response.model_version_status.add(), status)
        return response


def _service(name: str, methods: Mapping[str, tuple[Handler, Any]]) -> Any:
    handlers = {
        method: grpc.unary_unary_rpc_method_handler(
            _guarded(handler),
            request_deserializer=request_type.FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )
        for method, (handler, request_type) in methods.items()
    }
    return grpc.method_handlers_generic_handler(name, handlers)


def _guarded(handler: Handler) -> Callable[[Any, Any], Any]:
    """Turn errors into gRPC statuses: this is the outermost edge of a request."""

    def handle(request: Any, context: Any) -> Any:
        try:
            return handler(request)
        except ServingError as exc:
            error = exc
        except Exception:
            logger.exception("A gRPC request failed inside the server.")
            context.abort(grpc.StatusCode.INTERNAL, "Internal error")
        return context.abort(grpc.StatusCode[error.code.name], _cut(error.message))

    return handle


def _cut(message: str) -> str:
    return message if len(message) <= _MAX_MESSAGE else message[:_MAX_MESSAGE] + "...TRUNCATED"


def _to_query(request: Any) -> ModelQuery:
    if not request.HasField("model_spec"):
        raise InvalidArgumentError("Missing ModelSpec")
    spec = request.model_spec
    if not spec.name:
        raise InvalidArgumentError("ModelSpec has no name specified.")
    choice = spec.WhichOneof("version_choice")
    return ModelQuery(
        name=spec.name,
        version=spec.version.value if choice == "version" else None,
        label=spec.version_label if choice == "version_label" else None,
    )


def _to_examples(given: Any) -> list[bytes]:
    """Serialize the examples of an `Input`; a context is prepended, so the example's values win."""
    kind = given.WhichOneof("kind")
    if kind == "example_list":
        return [example.SerializeToString() for example in given.example_list.examples]
    if kind == "example_list_with_context":
        shared = given.example_list_with_context
        context: bytes = shared.context.SerializeToString()
        return [context + example.SerializeToString() for example in shared.examples]
    return []


def _fill_spec(spec: Any, model: LoadedModel, signature_name: str) -> None:
    spec.name = model.name
    spec.version.value = model.version
    spec.signature_name = signature_name


def _fill_classifications(result: Any, found: Classifications) -> None:
    for row in found.rows():
        classes = result.classifications.add().classes
        for label, score in row:
            classes.add(label=label, score=score)


def _fill_status(target: Any, status: VersionStatus) -> None:
    target.version = status.version
    target.state = int(status.state)
    target.status.error_code = int(status.code)
    target.status.error_message = status.message
