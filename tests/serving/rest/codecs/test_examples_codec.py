import math
from typing import Any

import numpy as np
import pytest

from serving.errors import InvalidArgumentError
from serving.rest.codecs.examples_codec import (
    decode_examples,
    encode_classifications,
    encode_regressions,
)
from serving.rest.codecs.predict_codec import parse_document
from serving.runtime.protos import load_protos


def features(serialized: bytes) -> dict[str, Any]:
    """Return the kind and the values of each feature."""
    found = {}
    for name, feature in (
        load_protos().example_pb2.Example.FromString(serialized).features.feature.items()
    ):
        kind = feature.WhichOneof("kind")
        found[name] = (kind, list(getattr(feature, kind).value) if kind else [])
    return found


@pytest.mark.parametrize(
    ("value", "kind", "values"),
    [
        (2, "int64_list", [2]),
        ([True, -3], "int64_list", [1, -3]),
        (2.0, "float_list", [2.0]),
        ([1.5, 1e300, -math.inf], "float_list", [1.5, math.inf, -math.inf]),
        (-(2**63), "int64_list", [-(2**63)]),
        (["a", {"b64": "aGk"}], "bytes_list", [b"a", b"hi"]),
        ("\udcff", "bytes_list", [b"\xff"]),
        ([], None, []),
    ],
)
def test_kinds(value: Any, kind: str | None, values: list[Any]) -> None:
    (example,) = decode_examples({"examples": [{"x": value}]})
    assert features(example) == {"x": (kind, values)}


def test_an_example_without_features() -> None:
    assert decode_examples({"examples": [{}]}) == [b""]


def test_the_context_is_in_front_of_each_example() -> None:
    document = {"context": {"x": "old"}, "examples": [{"x": "new"}, {}]}
    first, second = decode_examples(document)
    context = decode_examples({"examples": [document["context"]]})[0]
    assert second == context
    assert first.startswith(context)
    assert features(first) == {"x": ("bytes_list", [b"new"])}


def test_integers_beyond_64_bits_are_doubles() -> None:
    document = parse_document(b'{"examples":[{"x":[18446744073709551616,-9223372036854775809]}]}')
    assert features(decode_examples(document)[0]) == {"x": ("float_list", [2.0**64, -(2.0**63)])}


def test_of_repeated_keys_the_last_one_counts() -> None:
    document = parse_document(b'{"examples":[{"x":[1,2],"y":0,"x":"a"}]}')
    expected = {"x": ("bytes_list", [b"a"]), "y": ("int64_list", [0])}
    assert features(decode_examples(document)[0]) == expected
    with pytest.raises(InvalidArgumentError, match="unexpected JSON type: Null"):
        decode_examples(parse_document(b'{"examples":[{"x":null,"x":1}]}'))


def test_missing_examples() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        decode_examples({})
    assert caught.value.message == (  # also for regress: upstream names classify always
        "JSON Value: {} When method is classify, key 'examples' is expected and was not found"
    )


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (
            {"examples": 3},
            "JSON Value: {\n    \"examples\": 3\n} Expecting 'examples' value to be an list/array",
        ),
        (
            {"examples": []},
            "JSON Value: {\n    \"examples\": []\n} 'examples' value is an empty array",
        ),
        ({"examples": [[1]]}, "Example must be JSON object but got JSON Array"),
        ({"examples": [None]}, "Example must be JSON object but got JSON Null"),
        ({"context": True, "examples": [{}]}, "Example must be JSON object but got JSON True"),
        (
            {"examples": [{"x": None}]},
            "Feature: x has element with unexpected JSON type: Null",
        ),
        (
            {"examples": [{"x": [{"a": 1}]}]},
            "Feature: x has element with unexpected JSON type: Object",
        ),
        (
            {"examples": [{"x": [[1]]}]},
            "Feature: x has element with unexpected JSON type: Array",
        ),
        (
            {"examples": [{"x": [1, 1.5]}]},
            "Unexpected element type in feature: x expecting type: int64",
        ),
        (
            {"examples": [{"x": [1.5, 1]}]},
            "Unexpected element type in feature: x expecting type: float",
        ),
        (
            {"examples": [{"x": ["a", 1]}]},
            "Unexpected element type in feature: x expecting type: bytes",
        ),
        (
            {"examples": [{"x": 2**63}]},
            "Feature: x has uint64_t element. Only int64_t is supported.",
        ),
        ({"examples": [{"x": {"b64": "*"}}]}, "Unable to base64 decode"),
        ({"examples": [{"\udcff": 1}]}, "Feature names must be UTF-8"),
        (
            {"examples": [{"x": ["a", 2**63]}]},  # the kind is looked at first
            "Unexpected element type in feature: x expecting type: bytes",
        ),
    ],
)
def test_refused(document: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        decode_examples(document)
    assert caught.value.message == text


def test_classifications_are_laid_out_as_rows() -> None:
    third = float(np.float32(1 / 3))
    body = encode_classifications([[(b"\xc3\xa9", third), (b"", 1.0)], [(b"b", 0.0)]])
    assert body == (
        '{\n    "results": [[["é", 0.333333343], ["", 1.0]], [["b", 0.0]]\n    ]\n}'.encode()
    )


def test_regressions_are_on_one_line() -> None:
    body = encode_regressions(np.array([4, 5.5, np.nan], np.float32))
    assert body == b'{\n    "results": [4.0, 5.5, NaN]\n}'
