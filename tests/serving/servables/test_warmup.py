from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving.data_plane import DataPlane, ModelQuery
from serving.errors import Code, ServingError
from serving.runtime.protos import load_protos
from serving.runtime.tensor_proto import fill_proto
from serving.servables.model import LoadedModel
from serving.servables.saved_model import load_saved_model
from serving.servables.warmup import WARMUP_FILE, replay_warmup
from serving.states import State
from serving.versions.lifecycle import LifecycleOptions, WarmUp
from serving.versions.model_config import ModelConfig
from serving.versions.registry import ModelRegistry
from tests.serving.conftest import add_version
from tests.serving.tfrecords import write_tfrecords
from tests.serving.version_folders import LIMIT_S

Calls = list[tuple[str, Any, list[str]]]


@pytest.fixture(scope="module")
def half_plus(exported: Path) -> Iterator[LoadedModel]:
    """x/2 + 3, version 2."""
    model = load_saved_model("hp", 2, exported / "hp" / "2")
    yield model
    model.close()


@pytest.fixture
def calls() -> Calls:
    return []


@pytest.fixture
def model(half_plus: LoadedModel, calls: Calls) -> LoadedModel:
    """The model, which notes what it is asked and what it answers."""

    def run(name: str, inputs: Any, outputs: Any, deadline: float | None) -> Any:
        answer = half_plus.run(name, inputs, outputs, deadline)
        [values] = answer.values()
        calls.append((name, np.ravel(values).tolist(), list(outputs)))
        return answer

    return LoadedModel(
        half_plus.name, half_plus.version, half_plus.signatures, half_plus.signature_defs, run
    )


def predict_log(x: float, name: str = "another", signature_name: str = "") -> Any:
    log = load_protos().prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.name = name
    request.model_spec.version.value = 99
    request.model_spec.signature_name = signature_name
    request.output_filter.append("y")
    fill_proto(request.inputs["x"], np.array([x], np.float32))
    return log


def example_log(kind: str, signature_name: str) -> Any:
    """One example with x = 6."""
    log = load_protos().prediction_log_pb2.PredictionLog()
    request = getattr(log, kind).request
    request.model_spec.signature_name = signature_name
    _add_example(request)
    return log


def multi_inference_log() -> Any:
    log = load_protos().prediction_log_pb2.PredictionLog()
    request = log.multi_inference_log.request
    for signature_name, method in (("reg", "regress"), ("cls", "classify")):
        task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
        task.model_spec.signature_name = signature_name
    _add_example(request)
    return log


def _add_example(request: Any) -> None:
    example = request.input.example_list.examples.add()
    example.features.feature["x"].float_list.value.append(6.0)


def write(folder: Path, *logs: Any) -> Path:
    write_tfrecords(folder / WARMUP_FILE, [log.SerializeToString() for log in logs])
    return folder


def test_without_a_file_nothing_runs(model: LoadedModel, calls: Calls, tmp_path: Path) -> None:
    assert replay_warmup(model, tmp_path) == 0
    assert calls == []


def test_predict_requests_run(model: LoadedModel, calls: Calls, tmp_path: Path) -> None:
    assert replay_warmup(model, write(tmp_path, predict_log(4.0), predict_log(8.0))) == 2
    assert calls == [("serving_default", [5.0], ["y"]), ("serving_default", [7.0], ["y"])]


@pytest.mark.parametrize(("iterations", "expected"), [(-1, 1), (0, 1), (1, 1), (3, 3)])
def test_iterations(
    model: LoadedModel, calls: Calls, tmp_path: Path, iterations: int, expected: int
) -> None:
    assert replay_warmup(model, write(tmp_path, predict_log(4.0)), iterations) == 1
    assert len(calls) == expected


@pytest.mark.parametrize(
    ("make_log", "expected"),
    [
        (lambda: example_log("classify_log", "cls"), [("cls", [6.0], ["scores"])]),
        (lambda: example_log("regress_log", "reg"), [("reg", [6.0], ["outputs"])]),
        (multi_inference_log, [("reg", [6.0], ["outputs"]), ("cls", [6.0], ["scores"])]),
    ],
)
def test_requests_with_examples_run(
    model: LoadedModel,
    calls: Calls,
    tmp_path: Path,
    make_log: Callable[[], Any],
    expected: Calls,
) -> None:
    assert replay_warmup(model, write(tmp_path, make_log())) == 1
    assert calls == expected


def test_an_empty_log_is_passed_over(model: LoadedModel, calls: Calls, tmp_path: Path) -> None:
    log = load_protos().prediction_log_pb2.PredictionLog()
    assert replay_warmup(model, write(tmp_path, log)) == 1
    assert calls == []


@pytest.mark.parametrize("kind", ["session_run_log", "predict_streamed_log"])
def test_requests_that_are_not_supported(model: LoadedModel, tmp_path: Path, kind: str) -> None:
    log = load_protos().prediction_log_pb2.PredictionLog()
    getattr(log, kind).SetInParent()
    with pytest.raises(ServingError, match=f"Unsupported log_type for warmup: {kind}") as caught:
        replay_warmup(model, write(tmp_path, log))
    assert caught.value.code is Code.UNIMPLEMENTED


def test_a_thousand_records_are_allowed(model: LoadedModel, calls: Calls, tmp_path: Path) -> None:
    assert replay_warmup(model, write(tmp_path, *[predict_log(4.0)] * 1000)) == 1000
    assert len(calls) == 1000


def test_too_many_records(model: LoadedModel, calls: Calls, tmp_path: Path) -> None:
    folder = write(tmp_path, *[predict_log(4.0)] * 1001)
    with pytest.raises(ServingError, match=r"exceeds the maximum \(1000\) at .*") as caught:
        replay_warmup(model, folder)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert calls == []


def test_a_record_that_is_no_log(model: LoadedModel, tmp_path: Path) -> None:
    write_tfrecords(tmp_path / WARMUP_FILE, [b"\xff\xff no message"])
    with pytest.raises(ServingError, match=r"^Failed to parse warmup record") as caught:
        replay_warmup(model, tmp_path)
    assert caught.value.code is Code.INVALID_ARGUMENT


def test_a_file_that_is_no_tfrecord(model: LoadedModel, tmp_path: Path) -> None:
    (tmp_path / WARMUP_FILE).parent.mkdir()
    (tmp_path / WARMUP_FILE).write_bytes(b"some bytes that mean nothing at all")
    message = r"Please verify your warmup data is in TFRecord format\.$"
    with pytest.raises(ServingError, match=message) as caught:
        replay_warmup(model, tmp_path)
    assert caught.value.code is Code.DATA_LOSS


def test_a_request_that_fails(model: LoadedModel, tmp_path: Path) -> None:
    with pytest.raises(ServingError, match='signature key "zz" not found') as caught:
        replay_warmup(model, write(tmp_path, predict_log(4.0, signature_name="zz")))
    assert caught.value.code is Code.FAILED_PRECONDITION


def test_the_outputs_that_a_request_asks_for(model: LoadedModel, tmp_path: Path) -> None:
    log = predict_log(4.0)
    log.predict_log.request.output_filter[:] = ["z"]
    with pytest.raises(ServingError, match="output tensor alias not found in signature: z"):
        replay_warmup(model, write(tmp_path, log))


def test_a_version_serves_only_after_its_warm_up(exported: Path, tmp_path: Path) -> None:
    base = tmp_path / "m"
    add_version(exported / "old" / "1", base, 1)
    write(base / "1", predict_log(4.0))
    seen = []

    def warm_up(model: LoadedModel, folder: Path) -> int:
        records = replay_warmup(model, folder)
        seen.append((records, [status.state for status in plane.statuses(ModelQuery("m"))]))
        return records

    registry = serve(base, warm_up)
    plane = DataPlane(registry)
    registry.start()
    assert registry.wait_for_first_loads(LIMIT_S)
    assert seen == [(1, [State.LOADING])]
    assert plane.is_ready()
    registry.stop(LIMIT_S)


def test_a_version_whose_warm_up_fails_does_not_serve(exported: Path, tmp_path: Path) -> None:
    base = tmp_path / "m"
    add_version(exported / "old" / "1", base, 1)
    write(base / "1", *[predict_log(4.0)] * 1001)
    registry = serve(base, replay_warmup)
    registry.start()
    assert registry.wait_for_first_loads(LIMIT_S)
    message = r"m version: 1} due to error: INVALID_ARGUMENT: Number of warmup records exceeds"
    with pytest.raises(ServingError, match=message):
        registry.require_available()
    registry.stop(LIMIT_S)


def serve(base: Path, warm_up: WarmUp) -> ModelRegistry:
    options = LifecycleOptions(max_num_load_retries=0)
    registry = ModelRegistry(load_saved_model, options, warm_up=warm_up)
    registry.apply([ModelConfig("m", base)], at_startup=True)
    return registry
