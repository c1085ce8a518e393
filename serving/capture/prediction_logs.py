"""One captured request as TensorFlow Serving's `PredictionLog`, which warm-up files hold, too.

Source:
    TensorFlow Serving, `apis/prediction_log.proto`, `core/logging.proto`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from serving.capture.inference import Inference, Origin
from serving.runtime.protos import load_protos
from serving.runtime.tensor_proto import fill_proto
from serving.servables.classification import Classifications
from serving.servables.result_messages import fill_classifications, fill_regressions


def prediction_log(inference: Inference, origin: Origin, sampling_rate: float) -> bytes:
    """Write a `PredictionLog`.

    Args:
        inference: What was asked and answered.
        origin: The request.
        sampling_rate: The share of requests that are written.

    Returns:
        The serialized message.
    """
    log = load_protos().prediction_log_pb2.PredictionLog()
    metadata = log.log_metadata
    _fill_spec(metadata.model_spec, inference)
    metadata.sampling_config.sampling_rate = sampling_rate
    metadata.timestamp_secs = int(origin.seconds)
    part = getattr(log, f"{inference.method}_log")
    _fill_spec(part.request.model_spec, inference)
    _fill_spec(part.response.model_spec, inference)
    _fill_request(part.request, inference.inputs)
    _fill_response(part.response, inference.outputs)
    serialized: bytes = log.SerializeToString()
    return serialized


def _fill_spec(spec: Any, inference: Inference) -> None:
    spec.name = inference.model
    spec.version.value = inference.version
    spec.signature_name = inference.signature


def _fill_request(request: Any, inputs: Any) -> None:
    if isinstance(inputs, Sequence):
        examples = request.input.example_list.examples
        for serialized in inputs:
            examples.add().ParseFromString(serialized)
        return
    for name, array in inputs.items():
        fill_proto(request.inputs[name], array)


def _fill_response(response: Any, outputs: Any) -> None:
    if isinstance(outputs, Classifications):
        fill_classifications(response.result, outputs)
    elif isinstance(outputs, np.ndarray):
        fill_regressions(response.result, outputs)
    else:
        for name, array in outputs.items():
            fill_proto(response.outputs[name], array)
