"""Tensors, tf.Examples and answers as JSON values, the way REST clients write them."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from serving.capture.inference import Inference
from serving.capture.redaction import HIDDEN, Redactor
from serving.runtime.protos import load_protos
from serving.servables.classification import Classifications
from serving.servables.model import Array

Text = Callable[[bytes], str]

_ROWS = 500


def request_value(inference: Inference, redactor: Redactor) -> dict[str, Any]:
    """Write what was asked as the body of a REST request.

    Args:
        inference: The inference.
        redactor: What is left out.

    Returns:
        The body: `inputs` by name, or `examples`.
    """
    head = {"signature_name": inference.signature}
    if isinstance(inference.inputs, Sequence):
        examples = [_example(one, redactor) for one in inference.inputs]
        return {**head, "examples": examples}
    return {**head, "inputs": _arrays(inference.inputs, redactor, redactor.asked)}


def answer_value(inference: Inference, redactor: Redactor) -> dict[str, Any]:
    """Write what was answered as the body of a REST answer.

    Args:
        inference: The inference.
        redactor: What is left out.

    Returns:
        The body: `outputs` by name, or `results`.
    """
    outputs = inference.outputs
    if isinstance(outputs, Classifications):
        if redactor.hides("classes") or redactor.hides("scores"):
            return {"results": HIDDEN}
        return {"results": [[_pair(pair, redactor) for pair in row] for row in outputs.rows()]}
    if isinstance(outputs, np.ndarray):
        return {
            "results": HIDDEN if redactor.hides("outputs") else _array(outputs, redactor.answered)
        }
    return {"outputs": _arrays(outputs, redactor, redactor.answered)}


def _pair(classified: tuple[bytes, float], redactor: Redactor) -> list[Any]:
    label, score = classified
    return [_string(label, redactor.answered), _shortest(score)]


def _arrays(arrays: Any, redactor: Redactor, text: Text) -> dict[str, Any]:
    return {
        name: HIDDEN if redactor.hides(name) else _array(array, text)
        for name, array in arrays.items()
    }


def _array(array: Array, text: Text) -> Any:
    if array.dtype == object:
        return _strings(array.tolist(), text)
    if array.dtype.kind == "V":  # bfloat16 and its like
        array = array.astype(np.float32)
    if array.dtype.kind == "f":
        return _floats(array)
    return array.astype(str).tolist() if array.dtype.kind == "c" else array.tolist()


def _floats(array: Array) -> Any:
    """Return the shortest decimals that stand for the values: 0.1 is not 0.10000000149."""
    if array.ndim == 0:
        return float(str(array))
    # In slices, as NumPy keeps the interpreter's lock meanwhile.
    slices = (array[at : at + _ROWS] for at in range(0, len(array), _ROWS))
    return [row for some in slices for row in some.astype("U32").astype(np.float64).tolist()]


def _shortest(value: float) -> float:
    return float(str(np.float32(value)))


def _strings(value: Any, text: Text) -> Any:
    if isinstance(value, list):
        return [_strings(one, text) for one in value]
    return _string(value, text)


def _string(value: bytes, text: Text) -> Any:
    written = text(value)
    if written.isascii():
        return written
    try:
        written.encode("utf-8")
    except UnicodeEncodeError:
        return {"b64": base64.b64encode(written.encode("utf-8", "surrogateescape")).decode()}
    return written


def _example(serialized: bytes, redactor: Redactor) -> dict[str, Any]:
    example = load_protos().example_pb2.Example.FromString(serialized)
    return {
        name: HIDDEN if redactor.hides(name) else _feature(feature, redactor)
        for name, feature in sorted(example.features.feature.items())
    }


def _feature(feature: Any, redactor: Redactor) -> Any:
    kind = feature.WhichOneof("kind")
    values = list(getattr(feature, kind).value) if kind else []
    if kind == "bytes_list":
        values = [_string(value, redactor.asked) for value in values]
    elif kind == "float_list":
        values = list(map(_shortest, values))
    return values[0] if len(values) == 1 else values
