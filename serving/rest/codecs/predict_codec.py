"""REST bodies of Predict to and from arrays; no HTTP, no model calls.

Source:
    TensorFlow Serving, `util/json_tensor.cc` (`FillPredictRequestFromJson`, `MakeJsonFromTensors`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from operator import add
from typing import Any

from serving.errors import InvalidArgumentError, ServingError
from serving.rest.json.arrays import write_array, write_each
from serving.rest.json.dump import dump_value
from serving.rest.json.objects import JsonObject, members_of
from serving.rest.json.reader import parse_json
from serving.rest.json.values import (
    RankError,
    flatten,
    flatten_quickly,
    is_base64_object,
    shape_of,
    to_array,
)
from serving.rest.json.writer import INDENT, Token, encode_text, quote, write_json, write_rows
from serving.servables.model import DEFAULT_SIGNATURE, Array, Arrays, Signature, TensorSpec

_FEW = 4  # rows: are read faster one by one


def parse_document(body: bytes) -> dict[str, Any]:
    """Parse a request body.

    Args:
        body: The HTTP body, uncompressed.

    Returns:
        The top-level object.

    Raises:
        InvalidArgumentError: If the body is not JSON or no object.
    """
    document = parse_json(body)
    if not isinstance(document, dict):
        raise InvalidArgumentError(f"JSON Value: {dump_value(document)} Is not object")
    return document


def signature_name_of(document: dict[str, Any]) -> str:
    """Return which signature a request asks for.

    Args:
        document: The request.

    Returns:
        Its name; `serving_default`, if the request names none.

    Raises:
        InvalidArgumentError: If the name is no string.
    """
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise InvalidArgumentError(
            f"JSON Value: {dump_value(document)} not formatted correctly. "
            "'signature_name' key must be a string value."
        )
    return name or DEFAULT_SIGNATURE


class NoInputsError(InvalidArgumentError):
    """A signature without inputs, which REST cannot ask."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Name the signature as the request does."""
        name = document.get("signature_name") or "DEFAULT"
        super().__init__(f"Failed to get input map for signature: {name}")


def decode_predict(document: dict[str, Any], signature: Signature) -> tuple[Arrays, bool]:
    """Read the tensors of a Predict request.

    Args:
        document: The request, with either `instances` (rows) or `inputs` (columns).
        signature: The signature it is for.

    Returns:
        Arrays by input name, and whether the answer is to be in rows.

    Raises:
        InvalidArgumentError: If they do not fit the signature.
        NoInputsError: If the signature has none.
        ServingError: UNIMPLEMENTED, if JSON cannot carry the type of an input.
    """
    if not signature.inputs:
        raise NoInputsError(document)
    if "instances" in document and "inputs" in document:
        raise InvalidArgumentError(
            f"JSON Value: {dump_value(document)} Not formatted correctly expecting only one of "
            "'inputs' or 'instances' keys to exist "
        )
    if "instances" in document:
        return _decode_rows(document, signature), True
    if "inputs" in document:
        return _decode_columns(document["inputs"], signature), False
    raise InvalidArgumentError("Missing 'inputs' or 'instances' key")


def encode_predict(outputs: Arrays, in_rows: bool) -> bytes:
    """Write the answer to a Predict request.

    Args:
        outputs: Arrays by output name.
        in_rows: Whether as `predictions`, row by row, or as `outputs`, tensor by tensor.

    Returns:
        The body.

    Raises:
        InvalidArgumentError: If an output cannot be written in that form.
    """
    if not outputs:
        raise InvalidArgumentError("Cannot convert empty tensor map to JSON")
    text = _encode_rows(outputs) if in_rows else _encode_columns(outputs)
    return encode_text(text)


@dataclass
class _Column:
    """The tensor of one input while the rows are read one by one."""

    name: str
    spec: TensorSpec
    shape: tuple[int, ...] | None = None
    leaves: list[Any] = field(default_factory=list)

    def append(self, value: Any) -> None:
        """Add one row's value, which must have the shape of the first."""
        self.leaves.extend(self.check(value))

    def check(self, value: Any) -> list[Any]:
        """Return the leaves of one row's value."""
        shape = shape_of(self.name, value)
        leaves = flatten(value, shape, self.spec.dtype)
        if self.shape is None:
            self.shape = shape
        _check_shape(self.shape, shape)
        return leaves

    def array(self, rows: int) -> Array:
        return to_array(self.name, self.leaves, (rows, *(self.shape or ())), self.spec)


def _check_shape(expected: tuple[int, ...], given: tuple[int, ...]) -> None:
    if given == expected:
        return
    if prod(given) != prod(expected):
        raise InvalidArgumentError(
            f"Expecting tensor size: {prod(expected)} but got: {prod(given)}"
        )
    raise InvalidArgumentError(f"Expecting shape {_brackets(expected)} but got: {_brackets(given)}")


def _decode_rows(document: dict[str, Any], signature: Signature) -> Arrays:
    instances = document["instances"]
    if not isinstance(instances, list):
        raise InvalidArgumentError(
            f"JSON Value: {dump_value(document)} Expecting 'instances' to be an list/array"
        )
    if not instances:
        raise InvalidArgumentError(
            f"JSON Value: {dump_value(document)} No values in 'instances' array"
        )
    if len(instances) > _FEW:
        arrays = _decode_dense_rows(instances, signature.inputs)
        if arrays is not None:
            return arrays
    columns = {name: _Column(name, spec) for name, spec in signature.inputs.items()}
    if _is_named(instances[0]):
        _read_named_rows(instances, columns)
    else:
        _read_plain_rows(instances, columns)
    return {
        name: column.array(len(instances))
        for name, column in columns.items()
        if column.shape is not None
    }


def _decode_dense_rows(instances: list[Any], inputs: Mapping[str, TensorSpec]) -> Arrays | None:
    """Read all rows at once if they are alike; None if each must be looked at."""
    kinds = set(map(type, instances))
    if kinds == {dict}:
        names = inputs.keys()
        if names == {"b64"} or any(row.keys() != names for row in instances):
            return None
        values = {name: [row[name] for row in instances] for name in names}
    elif len(inputs) == 1 and not kinds & {dict, JsonObject}:
        values = dict.fromkeys(inputs, instances)
    else:
        return None
    arrays = {}
    for name, spec in inputs.items():
        shape = shape_of(name, values[name])
        leaves = flatten_quickly(values[name], shape, spec.dtype)
        if leaves is None:
            return None
        arrays[name] = to_array(name, leaves, shape, spec)
    return arrays


def _read_plain_rows(instances: Sequence[Any], columns: Mapping[str, _Column]) -> None:
    if len(columns) > 1 and not isinstance(instances[0], dict):
        raise InvalidArgumentError(
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map"
        )
    column = next(iter(columns.values()))  # a base64 object feeds one of several inputs, as there
    for row, value in enumerate(instances):
        if _is_named(value):
            raise InvalidArgumentError(
                f"Expecting value/list but got object at item {row} of input list"
            )
        try:
            column.append(value)
        except ServingError as exc:
            raise _row_error(f"{row} of", exc) from exc


def _read_named_rows(instances: Sequence[Any], columns: Mapping[str, _Column]) -> None:
    for row, value in enumerate(instances):
        if not _is_named(value):
            raise InvalidArgumentError(f"Expecting object but got list at item {row} of input list")
        _read_named_row(row, value, columns)
        if value.keys() != columns.keys():
            raise InvalidArgumentError(
                f"Failed to process element: {row} of 'instances' list. JSON object: "
                f"{dump_value(value)} keys must be equal to: {','.join(sorted(columns))}"
            )


def _read_named_row(row: int, value: dict[str, Any], columns: Mapping[str, _Column]) -> None:
    seen = set()
    for key, member in members_of(value):
        try:
            column = _column(columns, key)
            if key in seen:
                column.check(member)  # the first value counts
            else:
                column.append(member)
        except ServingError as exc:
            raise _row_error(f"{row} key: {key} of", exc) from exc
        seen.add(key)


def _column(columns: Mapping[str, _Column], name: str) -> _Column:
    if name not in columns:
        raise InvalidArgumentError(f"JSON object: does not have named input: {name}")
    return columns[name]


def _decode_columns(inputs: Any, signature: Signature) -> Arrays:
    if not _is_named(inputs):
        if len(signature.inputs) > 1:
            raise InvalidArgumentError(
                "inputs is a plain value/list, but expecting an object as multiple input tensors "
                "required as per tensorinfo_map"
            )
        inputs = dict.fromkeys(signature.inputs, inputs)
    arrays = {}
    for name, spec in signature.inputs.items():
        if name not in inputs:
            raise InvalidArgumentError(f"Missing named input: {name} in 'inputs' object.")
        shape = shape_of(name, inputs[name])
        leaves = flatten(inputs[name], shape, spec.dtype)
        arrays[name] = to_array(name, leaves, shape, spec)
    return arrays


def _encode_columns(outputs: Arrays) -> str:
    if len(outputs) == 1:
        ((name, array),) = outputs.items()
        return write_json({"outputs": Token(write_array(name, array, level=1))})
    columns = {name: Token(write_array(name, array, level=2)) for name, array in outputs.items()}
    return write_json({"outputs": columns})


def _encode_rows(outputs: Arrays) -> str:
    _check_batch_sizes(outputs)
    if len(outputs) == 1:
        ((name, array),) = outputs.items()
        return write_rows("predictions", write_each(name, array, level=2))
    columns = [write_each(name, array, level=3) for name, array in outputs.items()]
    separator = f",\n{INDENT * 3}"
    keys = [f"{quote(name)}: " for name in outputs]
    rows = [separator.join(map(add, keys, row)) for row in zip(*columns, strict=True)]
    begin, end = f"{{\n{INDENT * 3}", f"\n{INDENT * 2}}}"
    return write_rows("predictions", [f"{begin}{row}{end}" for row in rows])


def _check_batch_sizes(outputs: Arrays) -> None:
    expected = None
    for name, array in outputs.items():
        if array.ndim == 0:
            raise InvalidArgumentError(f"Tensor name: {name} has no shape information ")
        if expected is not None and len(array) != expected:
            raise InvalidArgumentError(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: "
                f"{expected}"
            )
        expected = len(array)


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and not is_base64_object(value)


def _row_error(where: str, error: ServingError) -> ServingError:
    if isinstance(error, RankError):
        return error
    return InvalidArgumentError(
        f"Failed to process element: {where} 'instances' list. Error: {error.describe()}"
    )


def _brackets(shape: tuple[int, ...]) -> str:
    return "[" + ",".join(map(str, shape)) + "]"
