"""A gRPC server over the shared models, its stubs, and builders of requests."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from serving.grpc_api.options import GrpcOptions
from serving.grpc_api.server import create_grpc_server
from serving.observing.observer import NoTracing, Observer, Observers, RequestRecord, Tracer
from serving.runtime.protos import load_protos

TIMEOUT_S = 30.0
PROTOS = load_protos()


class Recorder(Observers):
    """Keeps the records of requests for a test to take."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[tuple[str, str]] = []
        self._records: queue.Queue[RequestRecord] = queue.Queue()

    def request(self, record: RequestRecord) -> None:
        self._records.put(record)

    def run(self, model_name: str, api: str, seconds: float) -> None:
        self.runs.append((model_name, api))

    def next(self) -> RequestRecord:
        """Wait for the next record: it may follow the answer."""
        return self._records.get(timeout=TIMEOUT_S)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@contextmanager
def serving_grpc(
    plane: Any,
    options: GrpcOptions | None = None,
    observer: Observer | None = None,
    tracer: Tracer | None = None,
    read_counter: Callable[[str], int | None] = lambda _name: None,
) -> Iterator[str]:
    """Serve on a port of its own; yield the address."""
    server = create_grpc_server(
        plane,
        options or GrpcOptions(),
        observer or Observers(),
        tracer or NoTracing(),
        read_counter,
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(TIMEOUT_S).wait()


@pytest.fixture(scope="session")
def grpc_channel(plane: Any) -> Iterator[Any]:
    with serving_grpc(plane) as address, grpc.insecure_channel(address) as opened:
        yield opened


@pytest.fixture(scope="session")
def prediction(grpc_channel: Any) -> Any:
    """The stub of PredictionService."""
    return PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(grpc_channel)


@pytest.fixture(scope="session")
def models_stub(grpc_channel: Any) -> Any:
    """The stub of ModelService."""
    return PROTOS.model_service_pb2_grpc.ModelServiceStub(grpc_channel)


def fill_spec(spec: Any, model: str, signature: str = "", version: int | None = None) -> None:
    spec.name = model
    spec.signature_name = signature
    if version is not None:
        spec.version.value = version


def floats(*values: float, shape: list[int] | None = None) -> Any:
    """A float TensorProto in typed fields; a scalar, if the shape is empty."""
    proto = PROTOS.tensor_pb2.TensorProto(dtype=1, float_val=values)
    for length in [len(values)] if shape is None else shape:
        proto.tensor_shape.dim.add().size = length
    return proto


def strings(*values: bytes) -> Any:
    proto = PROTOS.tensor_pb2.TensorProto(dtype=7, string_val=values)
    proto.tensor_shape.dim.add().size = len(values)
    return proto


def predict_request(
    model: str, signature: str = "", version: int | None = None, **inputs: Any
) -> Any:
    request = PROTOS.predict_pb2.PredictRequest()
    fill_spec(request.model_spec, model, signature, version)
    for alias, proto in inputs.items():
        request.inputs[alias].CopyFrom(proto)
    return request


def example(**features: float | bytes) -> Any:
    built = PROTOS.example_pb2.Example()
    for name, value in features.items():
        if isinstance(value, bytes):
            built.features.feature[name].bytes_list.value.append(value)
        else:
            built.features.feature[name].float_list.value.append(value)
    return built


def classify_request(model: str, signature: str, *examples: Any, version: int | None = None) -> Any:
    request = PROTOS.classification_pb2.ClassificationRequest()
    fill_spec(request.model_spec, model, signature, version)
    request.input.example_list.examples.extend(examples)
    return request


def regress_request(model: str, signature: str, *examples: Any, version: int | None = None) -> Any:
    request = PROTOS.regression_pb2.RegressionRequest()
    fill_spec(request.model_spec, model, signature, version)
    request.input.example_list.examples.extend(examples)
    return request


def multi_request(*tasks: tuple[str, str, str], x: float = 6.0) -> Any:
    """A MultiInferenceRequest of (model, signature, last part of the method's name)."""
    request = PROTOS.inference_pb2.MultiInferenceRequest()
    for model, signature, method in tasks:
        task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
        fill_spec(task.model_spec, model, signature, 1)
    request.input.example_list.examples.append(example(x=x))
    return request


def metadata_request(model: str, *fields: str) -> Any:
    request = PROTOS.get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    request.model_spec.name = model
    return request


def error_of(call: Callable[[], Any]) -> tuple[str, str]:
    """Return code and text of an RPC that must fail."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code().name, caught.value.details() or ""


def spec_of(response: Any) -> tuple[str, int, str]:
    spec = response.model_spec
    return spec.name, spec.version.value, spec.signature_name
