"""The gRPC rows of TensorFlow Serving's contract: `hp` 1 is y = x/2 + 2, `hp` 2 is y = x/2 + 3."""

from pathlib import Path
from typing import Any

import grpc
import pytest

from serving.grpc_api.options import GrpcOptions
from serving.grpc_api.server import create_grpc_server
from serving.observing.observer import NoTracing, Observers
from tests.serving.grpc_api.conftest import (
    PROTOS,
    TIMEOUT_S,
    classify_request,
    error_of,
    example,
    floats,
    metadata_request,
    multi_request,
    predict_request,
    regress_request,
    spec_of,
    strings,
)

X4 = floats(4.0)


def filtered(*aliases: str) -> Any:
    request = predict_request("hp", version=1, x=X4)
    request.output_filter.extend(aliases)
    return request


def labelled(label: str) -> Any:
    request = predict_request("hp", x=X4)
    request.model_spec.version_label = label
    return request


def bools() -> Any:
    proto = PROTOS.tensor_pb2.TensorProto(dtype=10, bool_val=[True])
    proto.tensor_shape.dim.add().size = 1
    return proto


SIX = example(x=6.0).SerializeToString()
PREDICTIONS = {
    "g1": (predict_request("hp", version=1, x=X4), "y", [4.0], ("hp", 1, "serving_default")),
    "g1-latest": (predict_request("hp", x=X4), "y", [5.0], ("hp", 2, "serving_default")),
    "g2": (filtered("y"), "y", [4.0], ("hp", 1, "serving_default")),
    "label": (labelled("stable"), "y", [4.0], ("hp", 1, "serving_default")),
    "g14": (
        predict_request("hp", "reg", 1, inputs=strings(SIX)),
        "outputs",
        [5.0],
        ("hp", 1, "reg"),
    ),
}


@pytest.mark.parametrize("case", PREDICTIONS.values(), ids=PREDICTIONS)
def test_predict(prediction: Any, case: tuple[Any, str, list[float], Any]) -> None:
    request, alias, values, spec = case
    response = prediction.Predict(request, timeout=TIMEOUT_S)
    assert list(response.outputs) == [alias]
    assert list(response.outputs[alias].float_val) == values
    assert not response.outputs[alias].tensor_content
    assert spec_of(response) == spec


def test_g3_rank_0(prediction: Any) -> None:
    request = predict_request("hp", version=1, x=floats(4.0, shape=[]))
    output = prediction.Predict(request, timeout=TIMEOUT_S).outputs["y"]
    assert (list(output.float_val), len(output.tensor_shape.dim)) == ([4.0], 0)


INVALID = "INVALID_ARGUMENT"
PREDICT_ERRORS = {
    "g4": (PROTOS.predict_pb2.PredictRequest(), INVALID, "Missing ModelSpec"),
    "no name": (predict_request(""), INVALID, "ModelSpec has no name specified."),
    "g5": (predict_request("m"), "NOT_FOUND", "Servable not found for request: Latest(m)"),
    "g5-version": (
        predict_request("hp", version=9, x=X4),
        "NOT_FOUND",
        "Servable not found for request: Specific(hp, 9)",
    ),
    "version 0": (
        predict_request("hp", version=0, x=X4),
        "NOT_FOUND",
        "Servable not found for request: Specific(hp, 0)",
    ),
    "label": (labelled("ghost"), INVALID, "Unrecognized servable version label: ghost"),
    "g6": (
        predict_request("hp", "zz", x=X4),
        "FAILED_PRECONDITION",
        'Serving signature key "zz" not found.',
    ),
    "g7": (
        predict_request("hp", p=X4, q=X4),
        INVALID,
        "input size does not match signature: 2!=1 len({p,q}) != len({x}). Sent extra: {p,q}. "
        "Missing but required: {x}.",
    ),
    "g7-one": (
        predict_request("hp", a=X4),
        INVALID,
        "Signature input alias: x(feed name: serving_default_x:0) not found in request and no "
        "default value provided. Inputs expected to be in the request {a}, or default input alias "
        "set: ",
    ),
    "g8": (filtered("y", "y"), INVALID, "duplicate output tensor alias: y"),
    "filter": (
        filtered("z"),
        INVALID,
        "output tensor alias not found in signature: z Outputs expected to be in the set {y}.",
    ),
    "g9": (
        predict_request("hp", x=strings(b"s")),
        INVALID,
        "Expects input x to be float but string is provided",
    ),
    "g9-bool": (
        predict_request("hp", x=bools()),
        INVALID,
        "Expects input x to be float but bool is provided",
    ),
    "tensor": (
        predict_request("hp", x=floats(4.0, shape=[-1])),
        INVALID,
        "tensor parsing error: x",
    ),
}


@pytest.mark.parametrize("case", PREDICT_ERRORS.values(), ids=PREDICT_ERRORS)
def test_predict_refused(prediction: Any, case: tuple[Any, str, str]) -> None:
    request, code, text = case
    assert error_of(lambda: prediction.Predict(request, timeout=TIMEOUT_S)) == (code, text)


def test_g10_classify(prediction: Any) -> None:
    request = classify_request("hp", "cls", example(x=6.0), version=1)
    response = prediction.Classify(request, timeout=TIMEOUT_S)
    (result,) = response.result.classifications
    assert [(found.label, found.score) for found in result.classes] == [("", 5.0)]
    assert spec_of(response) == ("hp", 1, "cls")


def test_g10_regress(prediction: Any) -> None:
    request = regress_request("hp", "reg", example(x=6.0), example(x=8.0), version=1)
    response = prediction.Regress(request, timeout=TIMEOUT_S)
    assert [found.value for found in response.result.regressions] == [5.0, 6.0]
    assert spec_of(response) == ("hp", 1, "reg")


def test_g10_multi_inference(prediction: Any) -> None:
    request = multi_request(("hp", "reg", "regress"), ("hp", "cls", "classify"))
    regression, classification = prediction.MultiInference(request, timeout=TIMEOUT_S).results
    assert [found.value for found in regression.regression_result.regressions] == [5.0]
    (result,) = classification.classification_result.classifications
    assert [found.score for found in result.classes] == [5.0]
    assert spec_of(regression) == ("hp", 1, "reg")
    assert spec_of(classification) == ("hp", 1, "cls")


@pytest.mark.parametrize("method", ["Classify", "Regress"])
def test_g11_nothing(prediction: Any, method: str) -> None:
    build = classify_request if method == "Classify" else regress_request
    request = build("hp", "cls" if method == "Classify" else "reg")
    call = getattr(prediction, method)
    assert error_of(lambda: call(request, timeout=TIMEOUT_S)) == (INVALID, "Input is empty.")


@pytest.mark.parametrize("method", ["Classify", "Regress"])
def test_unknown_signature(prediction: Any, method: str) -> None:
    build = classify_request if method == "Classify" else regress_request
    request = build("hp", "zz", example(x=6.0))
    call = getattr(prediction, method)
    text = "No signature was found with the name: zz"
    assert error_of(lambda: call(request, timeout=TIMEOUT_S)) == (INVALID, text)


REG = ("hp", "reg", "regress")
MULTI_ERRORS = {
    "g12": (
        multi_request(REG, ("two", "reg", "regress")),
        INVALID,
        "All ModelSpecs in a MultiInferenceRequest must access the same model name.",
    ),
    "g12-twice": (multi_request(REG, REG), INVALID, "Duplicate evaluation of signature: reg"),
    "g12-method": (
        multi_request(("hp", "serving_default", "predict")),
        "UNIMPLEMENTED",
        "Unsupported signature method_name: tensorflow/serving/predict",
    ),
    "signature": (
        multi_request(("hp", "zz", "regress")),
        INVALID,
        "Requested signature not found in model graph: zz",
    ),
    "no tasks": (multi_request(), INVALID, "Missing ModelSpec"),
    "model": (
        multi_request(("m", "reg", "regress")),
        "NOT_FOUND",
        "Servable not found for request: Specific(m, 1)",
    ),
}


@pytest.mark.parametrize("case", MULTI_ERRORS.values(), ids=MULTI_ERRORS)
def test_multi_inference_refused(prediction: Any, case: tuple[Any, str, str]) -> None:
    request, code, text = case
    found = error_of(lambda: prediction.MultiInference(request, timeout=TIMEOUT_S))
    assert found == (code, text)


def test_g13_metadata(prediction: Any) -> None:
    request = metadata_request("hp", "signature_def")
    response = prediction.GetModelMetadata(request, timeout=TIMEOUT_S)
    found = PROTOS.get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(found)
    assert {"serving_default", "cls", "reg"} <= set(found.signature_def)
    assert spec_of(response) == ("hp", 2, "")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ((), "GetModelMetadataRequest must specify at least one metadata_field"),
        (("foo",), "Metadata field foo is not supported"),
    ],
)
def test_g13_metadata_fields(prediction: Any, fields: tuple[str, ...], text: str) -> None:
    request = metadata_request("hp", *fields)
    found = error_of(lambda: prediction.GetModelMetadata(request, timeout=TIMEOUT_S))
    assert found == (INVALID, text)


def test_g15_unix_socket(plane: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    socket: Path = tmp_path_factory.mktemp("s") / "grpc"
    server = create_grpc_server(plane, GrpcOptions(), Observers(), NoTracing())
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    try:
        with grpc.insecure_channel(f"unix:{socket}") as channel:
            stub = PROTOS.prediction_service_pb2_grpc.PredictionServiceStub(channel)
            response = stub.Predict(predict_request("hp", x=X4), timeout=TIMEOUT_S)
    finally:
        server.stop(TIMEOUT_S).wait()
    assert list(response.outputs["y"].float_val) == [5.0]
