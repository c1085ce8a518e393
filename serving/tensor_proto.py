"""Converts `TensorProto` messages to arrays and back.

Answers carry typed fields (`float_val`, `string_val`, ...): clients of TensorFlow Serving read
those, and `tf.make_tensor_proto` would write `tensor_content` instead.

Source:
    TensorFlow Serving, `servables/tensorflow/predict_util.cc`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.model import Array
from serving.tensorflow_runtime import load_tensorflow

_FIELDS: Mapping[str, str] = {
    "float32": "float_val",
    "float64": "double_val",
    "int8": "int_val",
    "int16": "int_val",
    "int32": "int_val",
    "uint8": "int_val",
    "uint16": "int_val",
    "int64": "int64_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "bool": "bool_val",
    "object": "string_val",
}
_HALVES = frozenset({"float16", "bfloat16"})  # stored as their bits in `half_val`


def to_array(alias: str, proto: Any) -> Array:
    """Read a `TensorProto`.

    Args:
        alias: Name of the input; only the error shows it.
        proto: The message, with typed fields or `tensor_content`.

    Returns:
        The array; strings as an object array of bytes.

    Raises:
        InvalidArgumentError: If shape, type and values do not agree.
    """
    try:
        array: Array = load_tensorflow().make_ndarray(proto)
    except (ValueError, TypeError, MemoryError) as exc:
        raise InvalidArgumentError(f"tensor parsing error: {alias}") from exc
    return array


def fill_proto(proto: Any, array: Array) -> None:
    """Write an array into an empty `TensorProto`, with typed fields.

    Args:
        proto: The message to fill.
        array: The values, in any shape; strings as an object array of bytes.

    Raises:
        ServingError: UNIMPLEMENTED for a dtype that has no typed field here.
    """
    name = array.dtype.name
    dtype = load_tensorflow().as_dtype(np.dtype(object) if name == "object" else array.dtype)
    proto.dtype = dtype.as_datatype_enum
    for length in array.shape:
        proto.tensor_shape.dim.add().size = length
    if name in _HALVES:
        proto.half_val.extend(array.view(np.uint16).ravel().tolist())
        return
    field = _FIELDS.get(name)
    if field is None:
        raise ServingError(Code.UNIMPLEMENTED, f"Outputs of type {name} cannot be sent")
    getattr(proto, field).extend(array.ravel().tolist())
