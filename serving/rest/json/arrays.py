"""Arrays as JSON, in the byte layout of TensorFlow Serving; fast for a million numbers.

Source:
    TensorFlow Serving, `util/json_tensor.cc` (`AddTensorValues`).
"""

import base64
from collections.abc import Callable
from math import prod

import numpy as np

from serving.errors import InvalidArgumentError
from serving.rest.json.numbers import DOUBLE_DIGITS, SINGLE_DIGITS, format_float, format_floats
from serving.rest.json.writer import INDENT, quote
from serving.runtime.dtypes import name_of
from serving.servables.model import Array

_FEW = 32  # are formatted faster one by one
_INTEGERS = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
_BYTES_SUFFIX = "_bytes"


def write_array(name: str, array: Array, level: int) -> str:
    """Write an array with a line per element.

    Args:
        name: The output's name; those of bytes end in `_bytes`.
        array: The array.
        level: Depth at which it stands.

    Returns:
        Its text.

    Raises:
        InvalidArgumentError: If JSON cannot carry its type.
    """
    texts = _leaves(name, array, level + array.ndim)
    for axis in reversed(range(array.ndim)):
        outer = f"\n{INDENT * (level + axis)}"
        inner = f"{outer}{INDENT}"
        lists = _lists(texts, array.shape, axis)
        texts = [
            f"[{inner}{f',{inner}'.join(elements)}{outer}]" if elements else "[]"
            for elements in lists
        ]
    return texts[0]


def write_each(name: str, array: Array, level: int) -> list[str]:
    """Write the rows of an array, each on one line.

    Args:
        name: As for `write_array`.
        array: The array, with one dimension at least.
        level: Depth at which the rows stand.

    Returns:
        A text per row.

    Raises:
        InvalidArgumentError: If JSON cannot carry its type.
    """
    texts = _leaves(name, array, level + array.ndim - 1)
    for axis in reversed(range(1, array.ndim)):
        texts = [f"[{', '.join(elements)}]" for elements in _lists(texts, array.shape, axis)]
    return texts


def _lists(texts: list[str], shape: tuple[int, ...], axis: int) -> list[list[str]]:
    """Cut texts into the lists along an axis."""
    length = shape[axis]
    if length == 0:
        return [[] for _ in range(prod(shape[:axis]))]
    return [texts[start : start + length] for start in range(0, len(texts), length)]


def _leaves(name: str, array: Array, level: int) -> list[str]:
    """Write the elements of an array in row-major order."""
    dtype = name_of(array.dtype)
    if dtype in {"float", "double"}:
        return _floats(array)
    if dtype in _INTEGERS:
        return list(map(str, array.ravel().tolist()))
    if dtype == "bool":
        return ["true" if value else "false" for value in array.ravel().tolist()]
    if dtype == "string":
        write = _bytes_writer(level) if name.endswith(_BYTES_SUFFIX) else _write_text
        return [write(value) for value in array.ravel().tolist()]
    raise InvalidArgumentError(f"Failed to write JSON value for tensor type: {dtype}")


def _floats(array: Array) -> list[str]:
    if array.size > _FEW:
        return format_floats(array)
    digits = SINGLE_DIGITS if array.dtype == np.float32 else DOUBLE_DIGITS
    return [format_float(value, digits) for value in array.ravel().tolist()]


def _write_text(value: bytes) -> str:
    return quote(value.decode("utf-8", "surrogateescape"))


def _bytes_writer(level: int) -> Callable[[bytes], str]:
    inner, outer = f"\n{INDENT * (level + 1)}", f"\n{INDENT * level}"
    return lambda value: f'{{{inner}"b64": "{base64.b64encode(value).decode("ascii")}"{outer}}}'
