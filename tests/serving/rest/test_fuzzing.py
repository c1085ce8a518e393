"""The JSON codecs on generated input; what they found once stands in the tests by hand."""

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.errors import ServingError
from serving.rest.codecs.examples_codec import decode_examples
from serving.rest.codecs.predict_codec import decode_predict, encode_predict, parse_document
from serving.rest.json.dump import dump_value
from serving.rest.json.iterative_reader import IterativeReader
from serving.rest.json.numbers import (
    DOUBLE_DIGITS,
    SINGLE_DIGITS,
    format_float,
    format_floats,
)
from serving.rest.json.reader import parse_json
from serving.rest.json.writer import encode_text
from serving.servables.model import Signature, TensorSpec

FUZZ = settings(deadline=None, database=None, max_examples=100)
KEYS = ["instances", "inputs", "examples", "signature_name"]
NUMPY_NAMES = {"float": "float32", "double": "float64", "half": "float16", "string": "object"}

numbers = st.integers(-(2**70), 2**70) | st.floats()
# What Python's decoder makes of a broken surrogate pair is no RapidJSON document.
texts = st.text(st.characters(exclude_categories=["Cs"]))
documents = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
b64 = st.fixed_dictionaries({"b64": st.sampled_from(["aGk=", "aGk", "*", ""])})
tensors = st.recursive(
    documents | b64, lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=12
)


def spec(dtype: str) -> TensorSpec:
    return TensorSpec(dtype, np.dtype(NUMPY_NAMES.get(dtype, dtype)))


DTYPES = [
    *("float", "double", "half", "string", "bool"),
    *("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
]
SIGNATURES = [
    *(Signature("one", {"x": spec(dtype)}, {}) for dtype in DTYPES),
    Signature("two", {"a": spec("int32"), "s": spec("string")}, {}),
    Signature("none", {}, {}),
]


def same(one: Any, other: Any) -> bool:
    """Compare documents with their types; all that is not a number is alike."""
    if isinstance(one, dict) and isinstance(
        other, dict
    ):  # objects of the slow reader are a subclass
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


def number_of(digits: str) -> int | float:
    """Return an integer's value; those beyond 64 bits are doubles."""
    return int(digits) if -(2**63) <= int(digits) < 2**64 else float(digits)


@FUZZ
@given(documents, st.booleans(), st.sampled_from([None, 1]))
def test_documents_are_read_as_python_does(document: Any, ascii_only: bool, indent: Any) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    assert same(parse_json(text.encode()), json.loads(text, parse_int=number_of))


@FUZZ
@given(documents)
def test_the_slow_reader_reads_what_the_fast_one_does(document: Any) -> None:
    text = json.dumps(document)
    assert same(IterativeReader(text, 0).read(), json.loads(text, parse_int=number_of))


def attempt(body: bytes) -> None:
    """Read a body in every way there is: only a ServingError may come of it."""
    try:
        document = parse_document(body)
        for signature in SIGNATURES:
            attempt_predict(document, signature)
        decode_examples(document)
    except ServingError:
        pass


def attempt_predict(document: dict[str, Any], signature: Signature) -> None:
    try:
        arrays, _ = decode_predict(document, signature)
    except ServingError:
        return
    assert arrays.keys() == signature.inputs.keys()
    for name, array in arrays.items():
        assert array.dtype == signature.inputs[name].numpy_dtype


@FUZZ
@given(st.binary())
def test_any_bytes(body: bytes) -> None:
    attempt(body)


@FUZZ
@given(
    st.dictionaries(
        st.sampled_from(["instances", "inputs", "examples", "signature_name"]), tensors
    ),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=3)), max_size=4),
)
def test_mutated_documents(document: Any, mutations: list[tuple[int, bytes]]) -> None:
    body = bytearray(json.dumps(document).encode())
    for place, data in mutations:
        start = place % (len(body) + 1)
        body[start : start + place % 3] = data
    attempt(bytes(body))


@FUZZ
@given(st.sampled_from(["instances", "inputs"]), st.sampled_from(SIGNATURES), st.data())
def test_any_tensors(key: str, signature: Signature, data: st.DataObject) -> None:
    named = st.fixed_dictionaries(dict.fromkeys(signature.inputs, tensors))
    rows = st.lists(tensors | named, max_size=4)
    document = {key: data.draw(rows | tensors | named)}
    attempt_predict(document, signature)


@FUZZ
@given(st.dictionaries(st.sampled_from(["examples", "context"]), tensors | st.lists(documents)))
def test_any_examples(document: Any) -> None:
    try:
        examples = decode_examples(document)
    except ServingError:
        return
    assert len(examples) == len(document["examples"])


@FUZZ
@given(st.floats(width=32))
def test_singles_survive_writing(value: float) -> None:
    text = format_float(value, SINGLE_DIGITS)
    assert same(float(np.float32(json.loads(text))), value)
    assert isinstance(json.loads(text), float)


@FUZZ
@given(st.floats())
def test_doubles_survive_writing(value: float) -> None:
    assert same(json.loads(format_float(value, DOUBLE_DIGITS)), value)


@FUZZ
@given(st.lists(st.floats(width=32)), st.sampled_from([np.float32, np.float64]))
def test_many_floats_are_written_as_one_is(values: list[float], dtype: Any) -> None:
    digits = SINGLE_DIGITS if dtype is np.float32 else DOUBLE_DIGITS
    expected = [format_float(value, digits) for value in values]
    assert format_floats(np.array(values, dtype)) == expected


@FUZZ
@given(st.recursive(texts | st.booleans() | st.none() | st.integers(), st.lists, max_leaves=8))
def test_short_quotations_are_json(value: Any) -> None:
    text = dump_value(value)
    if len(text.encode()) < 256:
        assert same(json.loads(text), value)


@FUZZ
@given(st.lists(st.binary(), min_size=1))
def test_strings_survive_writing_even_if_they_are_no_text(values: list[bytes]) -> None:
    outputs = {"u": np.array([*values, None], dtype=object)[:-1]}
    for key, in_rows in (("predictions", True), ("outputs", False)):
        answer = parse_document(encode_predict(outputs, in_rows))[key]
        assert [encode_text(text) for text in answer] == values


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
@FUZZ
@given(shape=st.lists(st.integers(0, 3), min_size=1, max_size=4), seed=st.integers(0, 2**32 - 1))
def test_nested_arrays_survive_writing(dtype: str, shape: list[int], seed: int) -> None:
    array = np.random.default_rng(seed).normal(size=shape).astype(dtype)
    for key, in_rows in (("predictions", True), ("outputs", False)):
        answer = json.loads(encode_predict({"y": array}, in_rows))[key]
        expected = array.tolist()
        if dtype == "float32":  # exact as singles, not as doubles
            assert np.array_equal(np.array(answer, np.float32).reshape(shape), array)
        else:
            assert answer == expected
