"""Converts parsed JSON values to arrays, with the checks and error texts of TensorFlow Serving.

Source:
    TensorFlow Serving, `util/json_tensor.cc` (`GetDenseTensorShape`, `FillTensorProto`,
    `AddValueToTensor`).
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.rest.json.dump import dump_value
from serving.rest.json.objects import JsonObject
from serving.rest.json.writer import encode_text
from serving.runtime.tensors import bytes_array
from serving.servables.model import Array, TensorSpec

Leaf = Callable[[Any, str], Any]

_MAX_RANK = 32  # of a NumPy array
_MAX_TENSOR_RANK = 254  # of a tensor, there
_FEW = 8  # leaves: are read faster one by one
_INT32 = (-(2**31), 2**31 - 1)
# The narrow types take any int32 and wrap it, as the C cast does upstream.
_INTEGER_RANGES: Mapping[str, tuple[int, int]] = {
    "int32": _INT32,
    "int16": _INT32,
    "int8": _INT32,
    "uint8": _INT32,
    "int64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}
_KINDS: Mapping[str, frozenset[type]] = {  # exact types: a bool is no number
    "float": frozenset({float, int}),
    "double": frozenset({float, int}),
    "bool": frozenset({bool}),
    "string": frozenset({str}),
    **dict.fromkeys(_INTEGER_RANGES, frozenset({int})),
}
_SPACES = re.compile(rb"[ \t\n\r\f\v]+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")


class RankError(InvalidArgumentError):
    """A tensor of more dimensions than TensorFlow knows."""

    def __init__(self, name: str) -> None:
        """Name the input."""
        super().__init__(f"tensor parsing error: {name}")


def is_base64_object(value: Any) -> bool:
    """Tell whether a value is exactly `{"b64": "<string>"}`, which stands for bytes."""
    if not isinstance(value, dict) or not isinstance(value.get("b64"), str):
        return False
    return len(value) == 1 and not (isinstance(value, JsonObject) and value.members)


def shape_of(name: str, value: Any) -> tuple[int, ...]:
    """Return the shape that the first elements of a nested list suggest.

    Args:
        name: The input that it is for.
        value: A scalar (shape `()`) or a nested list.

    Returns:
        The shape; nothing has checked the other elements.

    Raises:
        RankError: Beyond 254 dimensions.
    """
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if len(shape) > _MAX_TENSOR_RANK:
            raise RankError(name)
        if not value:
            break
        value = value[0]
    return tuple(shape)


def flatten(value: Any, shape: tuple[int, ...], dtype: str) -> list[Any]:
    """List the leaves of a nested list, checking that it is dense and of one type.

    Args:
        value: A scalar or a nested list.
        shape: Its shape by `shape_of`.
        dtype: TensorFlow's name of the type that the leaves must have.

    Returns:
        Python values in row-major order; strings as bytes.

    Raises:
        ServingError: INVALID_ARGUMENT for ragged lists and wrong types, UNIMPLEMENTED for types
            that JSON cannot carry.
    """
    leaves = flatten_quickly(value, shape, dtype) if prod(shape) > _FEW else None
    if leaves is None:
        leaves = []
        _fill(value, 0, shape, dtype, leaves)
    return leaves


def flatten_quickly(value: Any, shape: tuple[int, ...], dtype: str) -> list[Any] | None:
    """Do the same for the common cases, without a step of Python's own per leaf.

    Args:
        value: As for `flatten`.
        shape: As for `flatten`.
        dtype: As for `flatten`.

    Returns:
        As `flatten`; None if it has to find out what is there, or what is wrong.
    """
    leaves = [value]
    for length in shape:
        if set(map(type, leaves)) != {list} or set(map(len, leaves)) != {length}:
            return None
        leaves = list(chain.from_iterable(leaves))
    kinds = set(map(type, leaves))
    if not kinds <= _KINDS.get(dtype, frozenset()):
        return None
    if dtype == "string":
        return list(map(encode_text, leaves))
    if dtype in _INTEGER_RANGES and leaves:
        low, high = _INTEGER_RANGES[dtype]
        if min(leaves) < low or max(leaves) > high:
            return None
    return leaves


def to_array(name: str, leaves: list[Any], shape: tuple[int, ...], spec: TensorSpec) -> Array:
    """Build the array of a tensor.

    Args:
        name: The input that it is for.
        leaves: What `flatten` returned for the same dtype.
        shape: The array's shape.
        spec: The tensor's type.

    Returns:
        The array; doubles beyond the range of a single become infinite, narrow integers wrap.

    Raises:
        RankError: Beyond 254 dimensions.
        InvalidArgumentError: Beyond 32 dimensions, which TensorFlow itself would take.
    """
    if len(shape) > _MAX_TENSOR_RANK:
        raise RankError(name)
    if len(shape) > _MAX_RANK:
        raise InvalidArgumentError(
            f"Input {name} has {len(shape)} dimensions; this server takes at most {_MAX_RANK}"
        )
    if spec.dtype == "string":
        return bytes_array(leaves).reshape(shape)
    wide = spec.numpy_dtype
    if spec.dtype == "float":
        wide = np.dtype(np.float64)
    elif spec.dtype in _INTEGER_RANGES and spec.dtype != "uint64":
        wide = np.dtype(np.int64)
    with np.errstate(over="ignore"):
        return np.array(leaves, dtype=wide).astype(spec.numpy_dtype, copy=False).reshape(shape)


def _fill(value: Any, level: int, shape: tuple[int, ...], dtype: str, leaves: list[Any]) -> None:
    if not isinstance(value, list):
        if level != len(shape):
            raise InvalidArgumentError(
                f"JSON Value: {dump_value(value)} found at incorrect level: {level + 1} in the "
                f"JSON DOM. Expected at level: {len(shape)}"
            )
        leaves.append(_leaf(value, dtype))
        return
    if level >= len(shape):
        raise InvalidArgumentError(
            f"Encountered list at unexpected level: {level} expected < {len(shape)}"
        )
    if len(value) != shape[level]:
        raise InvalidArgumentError(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: "
            f"{shape[level]}"
        )
    for element in value:
        _fill(element, level + 1, shape, dtype, leaves)


def _leaf(value: Any, dtype: str) -> Any:
    converter = _CONVERTERS.get(dtype)
    if isinstance(value, dict) and dtype != "string":
        raise _wrong_type(value, dtype)
    if converter is None:
        raise ServingError(
            Code.UNIMPLEMENTED,
            f"Conversion of JSON Value: {dump_value(value)} to type: {dtype}",
        )
    return converter(value, dtype)


def _float_leaf(value: Any, dtype: str) -> float:
    if type(value) is float:
        return value
    if type(value) is not int:
        raise _wrong_type(value, dtype)
    return float(value)


def _integer_leaf(value: Any, dtype: str) -> int:
    low, high = _INTEGER_RANGES[dtype]
    if type(value) is not int or not low <= value <= high:
        raise _wrong_type(value, dtype)
    return value


def _bool_leaf(value: Any, dtype: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong_type(value, dtype)
    return value


def _string_leaf(value: Any, dtype: str) -> bytes:
    if isinstance(value, str):
        return encode_text(value)
    if not isinstance(value, dict):
        raise _wrong_type(value, dtype)
    if not is_base64_object(value):
        raise InvalidArgumentError(
            f"JSON Value: {dump_value(value)} not formatted correctly for base64 data"
        )
    return decode_base64(value["b64"])


def decode_base64(text: str) -> bytes:
    """Decode standard base64; padding may be missing, but must be right where it is there.

    Args:
        text: The text; whitespace is skipped, `.` also counts as padding.

    Returns:
        The bytes.

    Raises:
        InvalidArgumentError: For anything else.
    """
    data = _SPACES.sub(b"", encode_text(text)).replace(b".", b"=")
    bare = data.rstrip(b"=")
    missing = -len(bare) % 4
    padding = len(data) - len(bare)
    if padding not in {0, missing} or not _BASE64.fullmatch(bare):
        raise InvalidArgumentError("Unable to base64 decode")
    try:
        return base64.b64decode(bare + b"=" * missing, validate=True)
    except binascii.Error as exc:
        raise InvalidArgumentError("Unable to base64 decode") from exc


def _wrong_type(value: Any, dtype: str) -> ServingError:
    return InvalidArgumentError(
        f"JSON Value: {dump_value(value)} Type: {type_name(value)} is not of expected type: {dtype}"
    )


def type_name(value: Any) -> str:
    """Return RapidJSON's name of a value's type."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return str(value)
    names: list[tuple[type, str]] = [(dict, "Object"), (list, "Array"), (str, "String")]
    return next((name for kind, name in names if isinstance(value, kind)), "Number")


_CONVERTERS: Mapping[str, Leaf] = {
    "float": _float_leaf,
    "double": _float_leaf,
    "bool": _bool_leaf,
    "string": _string_leaf,
    **dict.fromkeys(_INTEGER_RANGES, _integer_leaf),
}
