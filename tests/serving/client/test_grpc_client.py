"""The gRPC client against servicers that follow a script, on real sockets."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from serving.client import ClientError, GrpcClient, ServerUnavailableError
from serving.errors import Code, SettingsError
from serving.runtime.protos import load_protos
from tests.serving.client.conftest import QUICK
from tests.serving.client.processes import free_ports


@dataclass
class Servicer:
    """Aborts with the codes given, one per request, then answers y = the sum of x as int32."""

    codes: list[Any] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    address: str = ""
    metadata: Any = None
    answer: Any = None

    def GetModelMetadata(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's
        if self.metadata is not None:
            return self.metadata
        protos = load_protos()
        signatures = protos.get_model_metadata_pb2.SignatureDefMap()
        signature = signatures.signature_def["serving_default"]
        signature.inputs["x"].dtype = protos.types_pb2.DT_FLOAT
        signature.outputs["y"].dtype = protos.types_pb2.DT_INT32
        answer = protos.get_model_metadata_pb2.GetModelMetadataResponse()
        answer.model_spec.name = "m"
        answer.metadata["signature_def"].Pack(signatures)
        return answer

    def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
        self.requests.append(request)
        if self.codes:
            context.abort(self.codes.pop(0), "as told")
        if self.answer is not None:
            return self.answer
        protos = load_protos()
        answer = protos.predict_pb2.PredictResponse()
        answer.outputs["y"].dtype = protos.types_pb2.DT_INT32
        answer.outputs["y"].int_val.append(len(self.requests))
        return answer

    def Classify(self, *_: Any) -> Any:  # noqa: N802 - the protocol's
        raise NotImplementedError

    Regress = MultiInference = Classify


@pytest.fixture
def servicer() -> Iterator[Servicer]:
    found = Servicer()
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        stubs = load_protos().prediction_service_pb2_grpc
        stubs.add_PredictionServiceServicer_to_server(found, server)
        found.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        yield found
        server.stop(None).wait()


def client_of(servicer: Servicer, **options: Any) -> GrpcClient:
    return GrpcClient(servicer.address, "m", retries=QUICK, **options)


def test_predict_names_model_and_version(servicer: Servicer) -> None:
    with client_of(servicer, version=3) as client:
        found = client.predict({"x": [1, 2]})
    (request,) = servicer.requests
    assert (request.model_spec.name, request.model_spec.version.value) == ("m", 3)
    assert request.model_spec.signature_name == "serving_default"
    assert request.inputs["x"].dtype == load_protos().types_pb2.DT_FLOAT
    assert (found["y"].dtype.name, found["y"].tolist()) == ("int32", 1)


def test_predict_names_the_label(servicer: Servicer) -> None:
    with client_of(servicer, label="stable") as client:
        client.predict({"x": [1.0]})
    assert servicer.requests[0].model_spec.version_label == "stable"


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED])
def test_an_overload_is_tried_again(servicer: Servicer, code: Any) -> None:
    servicer.codes = [code, code]
    with client_of(servicer) as client:
        assert client.predict({"x": [1.0]})["y"] == 3


def test_other_errors_come_at_once(servicer: Servicer) -> None:
    servicer.codes = [grpc.StatusCode.INTERNAL]
    with client_of(servicer) as client, pytest.raises(ClientError) as caught:
        client.predict({"x": [1.0]})
    assert str(caught.value) == f"Predict of m at {servicer.address}: INTERNAL: as told"
    assert len(servicer.requests) == 1


def test_a_server_that_says_unavailable_is_there(servicer: Servicer) -> None:
    servicer.codes = [grpc.StatusCode.UNAVAILABLE] * 4
    with client_of(servicer) as client, pytest.raises(ClientError) as caught:
        client.predict({"x": [1.0]})
    assert not isinstance(caught.value, ServerUnavailableError)
    assert (caught.value.code, caught.value.http_status) == (Code.UNAVAILABLE, 503)


@pytest.mark.parametrize("url", [None, "x/tensorflow.serving.SignatureDefMap", "x/unknown.Type"])
def test_metadata_that_is_none(servicer: Servicer, url: str | None) -> None:
    servicer.metadata = load_protos().get_model_metadata_pb2.GetModelMetadataResponse()
    if url is not None:
        servicer.metadata.metadata["signature_def"].type_url = url
        servicer.metadata.metadata["signature_def"].value = b"\xff\xff"
    with (
        client_of(servicer) as client,
        pytest.raises(
            ClientError, match=r"GetModelMetadata of m .* does not follow the protocol"
        ) as caught,
    ):
        client.predict({"x": [1.0]})
    assert caught.value.code is Code.INTERNAL


def test_outputs_that_are_no_tensors(servicer: Servicer) -> None:
    servicer.answer = load_protos().predict_pb2.PredictResponse()
    servicer.answer.outputs["y"].dtype = load_protos().types_pb2.DT_INT32
    servicer.answer.outputs["y"].tensor_shape.dim.add().size = 2
    servicer.answer.outputs["y"].tensor_content = b"123"
    with (
        client_of(servicer) as client,
        pytest.raises(ClientError, match=r"Predict of m .* does not follow the protocol") as caught,
    ):
        client.predict({"x": [1.0]})
    assert caught.value.code is Code.INTERNAL


def test_inputs_that_the_signature_does_not_have(servicer: Servicer) -> None:
    with client_of(servicer) as client:
        with pytest.raises(ClientError, match="has the inputs x; it has no b, z"):
            client.predict({"z": 1, "x": 1, "b": 1})
        with pytest.raises(ClientError, match="input 'x': float32 is needed"):
            client.predict({"x": "a"})
        with pytest.raises(ClientError, match="no signature 'other'; there are serving_default"):
            client.predict({"x": 1}, "other")
    assert servicer.requests == []


def test_nobody_listens() -> None:
    (port,) = free_ports(1)
    with GrpcClient(f"127.0.0.1:{port}", "m", retries=QUICK) as client:
        with pytest.raises(ServerUnavailableError, match=f"127.0.0.1:{port} cannot be reached"):
            client.status()
        assert not client.is_ready()


def test_a_host_that_does_not_exist_is_not_tried_again(pauses: list[float]) -> None:
    with (
        GrpcClient("host.invalid:1", "m") as client,
        pytest.raises(ServerUnavailableError) as caught,
    ):
        client.status()
    assert not caught.value.is_transient
    assert pauses == []


def test_the_time_is_limited(unused_listener: str) -> None:
    address = unused_listener.removeprefix("http://")
    with GrpcClient(address, "m", timeout_s=0.2) as client, pytest.raises(ClientError) as caught:
        client.status()
    assert caught.value.code is Code.DEADLINE_EXCEEDED


def test_a_url_is_no_grpc_address() -> None:
    with pytest.raises(SettingsError, match="http://h:1 is a URL; gRPC takes host:port"):
        GrpcClient("http://h:1", "m")
