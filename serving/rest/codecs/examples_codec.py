"""REST bodies of Classify and Regress to and from tf.Examples and numbers; no HTTP, no model calls.

Source:
    TensorFlow Serving, `util/json_tensor.cc` (`FillClassifyRegressRequestFromJson`,
    `MakeJsonFromClassificationResult`, `MakeJsonFromRegressionResult`).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from serving.errors import InvalidArgumentError
from serving.rest.json.dump import dump_value
from serving.rest.json.numbers import SINGLE_DIGITS, format_float
from serving.rest.json.objects import members_of
from serving.rest.json.values import decode_base64, is_base64_object, type_name
from serving.rest.json.writer import Token, encode_text, quote, write_json, write_rows
from serving.runtime.protos import load_protos
from serving.servables.model import Array

_KINDS = {"int64_list": "int64", "float_list": "float", "bytes_list": "bytes"}
_MAX_INT64 = 2**63 - 1


def decode_examples(document: dict[str, Any]) -> list[bytes]:
    """Read the examples of a Classify or Regress request.

    Args:
        document: The request: `examples`, and maybe a `context` of features that all share.

    Returns:
        Serialized tf.Examples, the context in front of each, so that an example's own feature wins.

    Raises:
        InvalidArgumentError: If they are not written as expected; the text names `classify` for
            both methods, as there.
    """
    context = _to_example(document["context"]) if "context" in document else b""
    if "examples" not in document:
        raise InvalidArgumentError(
            f"JSON Value: {dump_value(document)} When method is classify, key 'examples' is "
            "expected and was not found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise InvalidArgumentError(
            f"JSON Value: {dump_value(document)} Expecting 'examples' value to be an list/array"
        )
    if not examples:
        raise InvalidArgumentError(
            f"JSON Value: {dump_value(document)} 'examples' value is an empty array"
        )
    return [context + _to_example(example) for example in examples]


def encode_classifications(rows: Sequence[Sequence[tuple[bytes, float]]]) -> bytes:
    """Write the answer to a Classify request.

    Args:
        rows: (label, score) pairs per example.

    Returns:
        The body.
    """
    return encode_text(write_rows("results", [f"[{', '.join(map(_pair, row))}]" for row in rows]))


def encode_regressions(values: Array) -> bytes:
    """Write the answer to a Regress request.

    Args:
        values: One number per example, float32 `[n]`.

    Returns:
        The body.
    """
    results = [Token(format_float(value, SINGLE_DIGITS)) for value in values.tolist()]
    return encode_text(write_json({"results": results}, single_line_arrays=True))


def _to_example(value: Any) -> bytes:
    if not isinstance(value, dict):
        raise InvalidArgumentError(f"Example must be JSON object but got JSON {type_name(value)}")
    example = load_protos().example_pb2.Example()
    for name, content in members_of(value):
        try:
            name.encode("utf-8")
        except UnicodeEncodeError as exc:  # a proto's map cannot hold such a key
            raise InvalidArgumentError("Feature names must be UTF-8") from exc
        feature = example.features.feature[name]  # creates it: an empty list is a feature, too
        feature.Clear()  # of keys that stand twice the last one counts, other than elsewhere
        _fill_feature(feature, name, content if isinstance(content, list) else [content])
    serialized: bytes = example.SerializeToString()
    return serialized


def _fill_feature(feature: Any, name: str, elements: Sequence[Any]) -> None:
    kind = ""
    values = []
    for element in elements:
        element_kind = _kind_of(name, element)
        kind = kind or element_kind
        if element_kind != kind:
            raise InvalidArgumentError(
                f"Unexpected element type in feature: {name} expecting type: {_KINDS[kind]}"
            )
        values.append(_convert(name, kind, element))
    if kind:
        getattr(feature, kind).value.extend(values)


def _kind_of(name: str, element: Any) -> str:
    """Return which list of a feature an element belongs to."""
    if isinstance(element, str) or is_base64_object(element):
        return "bytes_list"
    if isinstance(element, int):  # booleans, too
        return "int64_list"
    if isinstance(element, float):  # integers beyond 64 bits as well
        return "float_list"
    raise InvalidArgumentError(
        f"Feature: {name} has element with unexpected JSON type: {type_name(element)}"
    )


def _convert(name: str, kind: str, element: Any) -> Any:
    if isinstance(element, str):
        return encode_text(element)
    if kind == "bytes_list":
        return decode_base64(element["b64"])
    if kind == "float_list":
        return _to_single(element)
    if element > _MAX_INT64:
        raise InvalidArgumentError(
            f"Feature: {name} has uint64_t element. Only int64_t is supported."
        )
    return int(element)


def _to_single(number: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(number))


def _pair(classified: tuple[bytes, float]) -> str:
    label, score = classified
    text = quote(label.decode("utf-8", "surrogateescape"))
    return f"[{text}, {format_float(score, SINGLE_DIGITS)}]"
