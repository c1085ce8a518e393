"""The inputs and outputs of a model, and conversion of values to arrays of these types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRINGS = "object"
_NUMPY_NAMES = {
    "DT_FLOAT": "float32",
    "DT_DOUBLE": "float64",
    "DT_HALF": "float16",
    "DT_STRING": STRINGS,
}


@dataclass(frozen=True)
class TensorInfo:
    """One input or output.

    Attributes:
        dtype: Name of the numpy dtype; `object` stands for strings, which are bytes.
        shape: Lengths, `None` where any is allowed; `None` if even the rank is open.
    """

    dtype: str
    shape: tuple[int | None, ...] | None


@dataclass(frozen=True)
class SignatureInfo:
    """One signature of a model.

    Attributes:
        inputs: By name.
        outputs: By name.
        method_name: Such as `tensorflow/serving/predict`.
    """

    inputs: Mapping[str, TensorInfo]
    outputs: Mapping[str, TensorInfo]
    method_name: str


@dataclass(frozen=True)
class Metadata:
    """A model's version and signatures.

    Attributes:
        name: The model's name.
        version: The version that is described.
        signatures: By name.
    """

    name: str
    version: int
    signatures: Mapping[str, SignatureInfo]


def parse_metadata(document: Mapping[str, Any]) -> Metadata:
    """Read the answer to a question for a model's metadata.

    Args:
        document: The JSON form of `GetModelMetadataResponse`; fields with default values may lack.

    Returns:
        The model's signatures; those that only initialize it have no inputs.

    Raises:
        ValueError: If the document is something else.
    """
    try:
        spec = document["model_spec"]
        signatures = document["metadata"]["signature_def"]["signature_def"]
        parsed = {name: _signature(entry) for name, entry in signatures.items()}
        return Metadata(spec["name"], int(spec.get("version", 0)), parsed)
    except (KeyError, TypeError, AttributeError) as exc:
        raise ValueError(f"not a model's metadata: {exc!r}") from exc


def as_array(value: Any, dtype: str) -> NDArray[Any]:
    """Turn a value into an array that a tensor of that type can carry.

    Args:
        value: An array, a number, a text, or nested lists of them.
        dtype: Name of the numpy dtype wanted; `object` for strings.

    Returns:
        The array; strings as bytes.

    Raises:
        ValueError: If the value does not fit: ragged lists, a fraction for an integer, a number
            for a text.
    """
    import numpy as np

    if dtype == STRINGS:
        return _strings(value)
    given = np.asarray(value)
    if given.dtype.kind not in "biufc":
        raise ValueError(f"{dtype} is needed, not {given.dtype}")
    if dtype == "bool" and given.dtype != np.bool_:
        raise ValueError(f"true and false are needed, not {given.dtype}")
    with np.errstate(over="ignore", invalid="ignore"):
        converted: NDArray[Any] = given.astype(dtype)
    if converted.dtype.kind in "iu" and not np.array_equal(converted, given):
        raise ValueError(f"a value does not fit into {dtype}")
    return converted


def _strings(value: Any) -> NDArray[Any]:
    import numpy as np

    given = np.asarray(value, dtype=object)
    found = np.empty(given.shape, dtype=object)
    for place, item in np.ndenumerate(given):
        if not isinstance(item, str | bytes):
            raise ValueError(f"texts of the same nesting are needed, not {type(item).__name__}")
        found[place] = item.encode("utf-8") if isinstance(item, str) else item
    return found


def _signature(entry: Mapping[str, Any]) -> SignatureInfo:
    return SignatureInfo(
        {name: _tensor(info) for name, info in entry.get("inputs", {}).items()},
        {name: _tensor(info) for name, info in entry.get("outputs", {}).items()},
        entry.get("method_name", ""),
    )


def _tensor(entry: Mapping[str, Any]) -> TensorInfo:
    name = entry.get("dtype", "DT_INVALID")
    dtype = _NUMPY_NAMES.get(name, name.removeprefix("DT_").lower())
    shape = entry.get("tensor_shape", {})
    if shape.get("unknown_rank"):
        return TensorInfo(dtype, None)
    lengths = [int(dim.get("size", 0)) for dim in shape.get("dim", [])]
    return TensorInfo(dtype, tuple(None if length < 0 else length for length in lengths))
