"""Replays the recorded requests of a version folder, so that the first real one is not slow.

Source:
    TensorFlow Serving, `servables/tensorflow/saved_model_warmup_util.cc` and
    `saved_model_warmup.cc`; `apis/prediction_log.proto`.
"""

import itertools
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.files.tfrecord import read_tfrecords
from serving.runtime.examples import to_examples
from serving.runtime.tensor_proto import to_array
from serving.servables.classification import classify
from serving.servables.model import LoadedModel
from serving.servables.multi_inference import InferenceTask, multi_inference
from serving.servables.regression import regress

logger = logging.getLogger(__name__)

WARMUP_FILE = Path("assets.extra") / "tf_serving_warmup_requests"
MAX_RECORDS = 1000


def replay_warmup(model: LoadedModel, version_folder: Path, iterations: int = 1) -> int:
    """Run the warm-up requests of a version; answers are thrown away.

    Args:
        model: The model; names and versions in the requests are not looked at.
        version_folder: Its folder; without `assets.extra/tf_serving_warmup_requests`, a TFRecord
            file of `PredictionLog`, nothing is run.
        iterations: How often each request is run; less than 1 counts as 1.

    Returns:
        How many records were replayed.

    Raises:
        ServingError: DATA_LOSS if the file is not a TFRecord file, INVALID_ARGUMENT for more than
            1000 records or one that is no `PredictionLog`, UNIMPLEMENTED for requests that this
            server does not have, or the code with which a request failed.
    """
    file = version_folder / WARMUP_FILE
    if not file.is_file():
        return 0
    requests = [_parse(record, file) for record in _read_records(file)]
    for request in requests:
        for _ in range(max(iterations, 1)):
            _replay(model, request)
    logger.info(
        "Model %s version %s: %d warm-up records.", model.name, model.version, len(requests)
    )
    return len(requests)


def _read_records(file: Path) -> list[bytes]:
    try:
        records = list(itertools.islice(read_tfrecords(file), MAX_RECORDS + 1))
    except ServingError as exc:
        raise ServingError(
            exc.code,
            f"{exc.message}. Please verify your warmup data is in TFRecord format.",
        ) from exc
    if len(records) > MAX_RECORDS:
        raise InvalidArgumentError(
            f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {file}"
        )
    return records


def _parse(record: bytes, file: Path) -> Any:
    from google.protobuf.message import DecodeError

    from serving.runtime.protos import load_protos

    log = load_protos().prediction_log_pb2.PredictionLog()
    try:
        log.ParseFromString(record)
    except DecodeError as exc:
        raise InvalidArgumentError(f"Failed to parse warmup record from {file}") from exc
    return log


def _replay(model: LoadedModel, log: Any) -> None:
    kind = log.WhichOneof("log_type")
    if kind is None:  # upstream skips it
        return
    replay = _REPLAYS.get(kind)
    if replay is None:
        raise ServingError(Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {kind}")
    replay(model, getattr(log, kind).request)


def _predict(model: LoadedModel, request: Any) -> None:
    inputs = {alias: to_array(alias, proto) for alias, proto in request.inputs.items()}
    model.call(request.model_spec.signature_name, inputs, list(request.output_filter))


def _classify(model: LoadedModel, request: Any) -> None:
    classify(model, request.model_spec.signature_name, to_examples(request.input))


def _regress(model: LoadedModel, request: Any) -> None:
    regress(model, request.model_spec.signature_name, to_examples(request.input))


def _multi_inference(model: LoadedModel, request: Any) -> None:
    tasks = [
        InferenceTask(task.model_spec.signature_name, task.method_name) for task in request.tasks
    ]
    multi_inference(model, tasks, to_examples(request.input))


_REPLAYS: Mapping[str, Callable[[LoadedModel, Any], None]] = {
    "predict_log": _predict,
    "classify_log": _classify,
    "regress_log": _regress,
    "multi_inference_log": _multi_inference,
}
