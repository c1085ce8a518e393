"""The gRPC rows of TensorFlow Serving's contract, with the stubs of tensorflow-serving-api."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from serving.listeners import Listeners
from serving.tensorflow_runtime import load_tensorflow

tf = load_tensorflow()

import grpc  # noqa: E402
from tensorflow_serving.apis import (  # noqa: E402
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)


@pytest.fixture
def stub(channel: Any) -> Any:
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def predict_request(model: str, **inputs: Any) -> Any:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    for alias, value in inputs.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    return request


def example(**features: Any) -> Any:
    built = tf.train.Example()
    for name, value in features.items():
        if isinstance(value, bytes):
            built.features.feature[name].bytes_list.value.append(value)
        else:
            built.features.feature[name].float_list.value.append(value)
    return built


def error_of(call: Callable[[], Any]) -> tuple[Any, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return caught.value.code(), caught.value.details()


def test_g1_predict_answers_in_typed_fields(stub: Any) -> None:
    request = predict_request("old", x=[4.0])
    request.model_spec.version.value = 1
    response = stub.Predict(request, timeout=20)
    assert list(response.outputs["y"].float_val) == [4.0]
    assert not response.outputs["y"].tensor_content
    spec = response.model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("old", 1, "serving_default")


def test_g1_tensor_content_is_read(stub: Any) -> None:
    request = predict_request("old", x=np.array([[4.0], [8.0]], np.float32))
    assert request.inputs["x"].tensor_content
    response = stub.Predict(request, timeout=20)
    np.testing.assert_array_equal(tf.make_ndarray(response.outputs["y"]), [[4.0], [6.0]])


def test_g2_output_filter(stub: Any) -> None:
    request = predict_request("two", a=np.array([[1, 2]], np.int32), s=[b"p"])
    request.output_filter.append("total")
    response = stub.Predict(request, timeout=20)
    assert list(response.outputs) == ["total"]
    assert list(response.outputs["total"].int_val) == [3]


def test_strings_come_back_as_bytes(stub: Any) -> None:
    response = stub.Predict(predict_request("txt", t=[b"\xff\x00", b"b"]), timeout=20)
    assert list(response.outputs["u"].string_val) == [b"\xff\x00", b"b"]


def test_halves_over_grpc(stub: Any) -> None:
    request = predict_request("odd", x=np.array([1.5], np.float16))
    request.model_spec.signature_name = "h"
    outputs = stub.Predict(request, timeout=20).outputs
    assert tf.make_ndarray(outputs["y"]).tolist() == [3.0]


def test_g3_rank_0_input(stub: Any) -> None:
    response = stub.Predict(predict_request("old", x=4.0), timeout=20)
    assert list(response.outputs["y"].float_val) == [4.0]
    assert not response.outputs["y"].tensor_shape.dim


def test_g4_missing_model_spec(stub: Any) -> None:
    code, details = error_of(lambda: stub.Predict(predict_pb2.PredictRequest(), timeout=20))
    assert (code, details) == (grpc.StatusCode.INVALID_ARGUMENT, "Missing ModelSpec")


def test_g5_unknown_model(stub: Any) -> None:
    code, details = error_of(lambda: stub.Predict(predict_request("nope"), timeout=20))
    assert (code, details) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Latest(nope)",
    )


def test_version_0_is_a_version_like_any_other(stub: Any) -> None:
    request = predict_request("hp", x=[4.0])
    request.model_spec.version.value = 0
    code, details = error_of(lambda: stub.Predict(request, timeout=20))
    assert (code, details) == (
        grpc.StatusCode.NOT_FOUND,
        "Servable not found for request: Specific(hp, 0)",
    )


def test_g6_unknown_signature(stub: Any) -> None:
    request = predict_request("hp", x=[4.0])
    request.model_spec.signature_name = "zz"
    code, details = error_of(lambda: stub.Predict(request, timeout=20))
    assert (code, details) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        'Serving signature key "zz" not found.',
    )


def test_g7_wrong_inputs(stub: Any) -> None:
    code, details = error_of(
        lambda: stub.Predict(predict_request("hp", p=[1.0], q=[2.0]), timeout=20)
    )
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "Sent extra: {p,q}. Missing but required: {x}." in details


def test_g8_filter_twice(stub: Any) -> None:
    request = predict_request("hp", x=[4.0])
    request.output_filter.extend(["y", "y"])
    code, details = error_of(lambda: stub.Predict(request, timeout=20))
    assert (code, details) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "duplicate output tensor alias: y",
    )


def test_g9_wrong_dtype(stub: Any) -> None:
    code, details = error_of(lambda: stub.Predict(predict_request("hp", x=[b"s"]), timeout=20))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "to be float but string is provided" in details


def test_malformed_tensor(stub: Any) -> None:
    request = predict_request("hp", x=[1.0])
    request.inputs["x"].tensor_shape.dim[0].size = -5
    code, details = error_of(lambda: stub.Predict(request, timeout=20))
    assert (code, details) == (grpc.StatusCode.INVALID_ARGUMENT, "tensor parsing error: x")


def test_g10_classify(stub: Any) -> None:
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name = "hp"
    request.model_spec.signature_name = "cls"
    request.input.example_list.examples.append(example(x=4.0))
    response = stub.Classify(request, timeout=20)
    (found,) = response.result.classifications[0].classes
    assert (found.label, found.score) == ("", 5.0)
    assert (response.model_spec.version.value, response.model_spec.signature_name) == (2, "cls")


def test_classify_with_labels_and_context(stub: Any) -> None:
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name = "txt"
    request.model_spec.signature_name = "pick"
    shared = request.input.example_list_with_context
    shared.context.CopyFrom(example(name=b"context"))
    shared.examples.extend([example(), example(name=b"own")])
    response = stub.Classify(request, timeout=20)
    labels = [row.classes[0].label for row in response.result.classifications]
    assert labels == ["context", "own"]


def test_g11_classify_nothing(stub: Any) -> None:
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name = "hp"
    request.model_spec.signature_name = "cls"
    code, details = error_of(lambda: stub.Classify(request, timeout=20))
    assert (code, details) == (grpc.StatusCode.INVALID_ARGUMENT, "Input is empty.")


def test_methods_of_a_later_cut_are_unimplemented(stub: Any) -> None:
    code, _ = error_of(lambda: stub.Regress(regression_pb2.RegressionRequest(), timeout=20))
    assert code is grpc.StatusCode.UNIMPLEMENTED


def test_g13_metadata(stub: Any) -> None:
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "hp"
    response = stub.GetModelMetadata(request, timeout=20)
    found = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(found)
    assert {"serving_default", "cls", "reg"} <= set(found.signature_def)
    assert response.model_spec.version.value == 2


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ([], "GetModelMetadataRequest must specify at least one metadata_field"),
        (["foo"], "Metadata field foo is not supported"),
    ],
)
def test_g13_metadata_fields(stub: Any, fields: list[str], text: str) -> None:
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    request.model_spec.name = "hp"
    code, details = error_of(lambda: stub.GetModelMetadata(request, timeout=20))
    assert (code, details) == (grpc.StatusCode.INVALID_ARGUMENT, text)


def test_g14_predict_on_a_regression_signature(stub: Any) -> None:
    request = predict_request("hp", inputs=[example(x=6.0).SerializeToString()])
    request.model_spec.signature_name = "reg"
    response = stub.Predict(request, timeout=20)
    assert list(response.outputs["outputs"].float_val) == [6.0]


def test_status(channel: Any) -> None:
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = "two"
    stub = model_service_pb2_grpc.ModelServiceStub(channel)
    (status,) = stub.GetModelStatus(request, timeout=20).model_version_status
    available = get_model_status_pb2.ModelVersionStatus.AVAILABLE
    assert (status.version, status.state, status.HasField("status")) == (123, available, True)


def test_messages_beyond_grpc_s_own_limit(listeners: Listeners) -> None:
    big = b"x" * 5_000_000  # grpcio's default limit is 4 MiB, in both directions
    options = [("grpc.max_receive_message_length", -1)]
    with grpc.insecure_channel(listeners.grpc_address, options=options) as wide:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(wide)
        response = stub.Predict(predict_request("txt", t=[big]), timeout=20)
    assert list(response.outputs["u"].string_val) == [big]


def test_graph_errors_keep_their_code(stub: Any) -> None:
    request = predict_request("hp", inputs=[b"no example"])
    request.model_spec.signature_name = "cls"
    code, details = error_of(lambda: stub.Predict(request, timeout=20))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert len(details) <= 1024 + len("...TRUNCATED")
