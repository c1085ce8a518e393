import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.errors import InvalidArgumentError
from serving.rest.json.iterative_reader import IterativeReader
from serving.rest.json.objects import members_of
from serving.rest.json.reader import parse_json

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":[1,2.5,"x",true,null]}', {"a": [1, 2.5, "x", True, None]}),
        (b'\xef\xbb\xbf {"a":1}', {"a": 1}),
        (b"[1]xyz", [1]),
        (b'{"a":1,"a":2}', {"a": 1}),
        (b'{"a":1,"b":Inf,"a":2}', {"a": 1, "b": math.inf}),
        (b"[Inf,-Inf,Infinity,-Infinity]", [math.inf, -math.inf, math.inf, -math.inf]),
        (b"[18446744073709551616]", [18446744073709551616.0]),
        (b"[1.8e308,-123456e308]", [math.inf, -math.inf]),  # only exponents are limited there
        (b'["\\udc00x"]', ["\udced\udcb0\udc80x"]),  # half a pair as three bytes
        (b"[NaInf,NInf]", [math.inf, math.inf]),  # its reader's way through "NaN"
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'["Inf\\\\",Inf,"-NaN \\"Inf",-Inf]', ["Inf\\", math.inf, '-NaN "Inf', -math.inf]),
        (b'["\\\\ud83d",Inf,"\\uD83D\\uDE00"]', ["\\ud83d", math.inf, "\U0001f600"]),
        (b'"\xff"', "\udcff"),
        (b"[[],{}]", [[], {}]),
    ],
)
def test_accepted(body: bytes, value: Any) -> None:
    assert parse_json(body) == value


def test_nan_with_a_sign() -> None:
    assert math.isnan(parse_json(b"[-NaN]")[0])


def test_integers_keep_their_type() -> None:
    assert [type(value) for value in parse_json(b"[1,1.0,1e0]")] == [int, float, float]


def test_repeated_keys_are_remembered() -> None:
    for body in (b'{"a":1,"b":2,"a":{"c":3}}', b'{"a":1,"b":2,"a":{"c":3},"d":[1' + b"]}"):
        members = list(members_of(parse_json(body)))
        assert members[:3] == [("a", 1), ("b", 2), ("a", {"c": 3})]
    slow = IterativeReader('{"a":1,"b":2,"a":{"c":3}}', 0).read()
    assert (list(members_of(slow)), slow["a"]) == ([("a", 1), ("b", 2), ("a", {"c": 3})], 1)


# As RapidJSON 1.1.0 answers, which was asked.
@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "The document is empty"),
        (b"  ", "The document is empty. at offset: 2"),
        (b"nan", "Invalid value. at offset: 1"),
        (b"[1,]", "Invalid value. at offset: 3"),
        (b"[1 2]", "Missing a comma or ']' after an array element. at offset: 3"),
        (b'{"a":1 "b"}', "Missing a comma or '}' after an object member. at offset: 7"),
        (b"{a:1}", "Missing a name for object member. at offset: 1"),
        (b'{"a":1,}', "Missing a name for object member. at offset: 7"),
        (b'{"a" 1}', "Missing a colon after a name of object member. at offset: 5"),
        (b'["a', "Missing a closing quotation mark in string. at offset: 3"),
        (b'["\\q"]', "Invalid escape character in string. at offset: 2"),
        (b'["\\u12x4"]', "Incorrect hex digit after \\u escape in string. at offset: 2"),
        (b'["\\ud800"]', "The surrogate pair in string is invalid. at offset: 2"),
        (b"[1.]", "Miss fraction part in number. at offset: 3"),
        (b"[1e]", "Miss exponent in number. at offset: 3"),
        (b"[1e999]", "Number too big to be stored in double. at offset: 1"),
        (b"[" + b"9" * 5000 + b"]", "Number too big to be stored in double. at offset: 1"),
        (
            b'{"instances":[1.0],"x":' + b"9" * 400 + b"}",
            "Number too big to be stored in double. at offset: 23",
        ),
        (b"[1" + b"0" * 400 + b".5]", "Number too big to be stored in double. at offset: 1"),
        ('["é",x]'.encode(), "Invalid value. at offset: 6"),
        (b"\xef\xbb\xbf[x]", "Invalid value. at offset: 4"),
        (b"]", "The document is empty. at offset: 0"),
        (b"[trux]", "Invalid value. at offset: 4"),
        (b"[fals", "Invalid value. at offset: 5"),
        (b"[-]", "Invalid value. at offset: 2"),
        (b"[-Nan]", "Invalid value. at offset: 4"),
        (b"[Infini]", "Invalid value. at offset: 7"),
        (b"[1.e5]", "Miss fraction part in number. at offset: 3"),
        (b"[1e+]", "Miss exponent in number. at offset: 4"),
        (b"[1e309]", "Number too big to be stored in double. at offset: 1"),
        (b'["a\x00"]', "Missing a closing quotation mark in string. at offset: 3"),
        (b'["a\x01"]', "Invalid escape character in string. at offset: 3"),
        (b'["a\\', "Invalid escape character in string. at offset: 3"),
        (b'["\\ud800\\u12x4"]', "Incorrect hex digit after \\u escape in string. at offset: 2"),
        (b'["\\ud800\\ud800"]', "The surrogate pair in string is invalid. at offset: 2"),
        (b'["\\ud800', "The surrogate pair in string is invalid. at offset: 2"),
        (b'["\\ud800x\\q"]', "The surrogate pair in string is invalid. at offset: 2"),
    ],
)
def test_refused(body: bytes, text: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        parse_json(body)
    assert caught.value.message == f"JSON Parse error: {text}"


def test_nesting_costs_no_stack() -> None:
    depth = 100_000
    value = parse_json(b"[" * depth + b"]" * depth)
    levels = 0
    while value:
        value = value[0]
        levels += 1
    assert levels == depth - 1


@settings(deadline=None, database=None, max_examples=50)
@given(VALUES)
def test_both_readers_agree(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    try:
        body = text.encode()
    except UnicodeEncodeError:
        return  # lone surrogates are no text
    assert parse_json(body) == value
    assert IterativeReader(text, 0).read() == value


@pytest.mark.slow
def test_the_largest_nesting_of_the_contract() -> None:
    depth = 500_000
    deep = b"[" * depth + b"]" * depth
    mixed = b'[{"a":' * (depth // 2) + b"1" + b"}]" * (depth // 2)
    for body in (deep, mixed):
        assert parse_json(b'{"instances":[4],"deep":' + body + b"}")["instances"] == [4]


@pytest.mark.slow
def test_documents_made_to_be_slow_are_given_up() -> None:
    with pytest.raises(InvalidArgumentError, match="too complex"):
        parse_json(b"[" * 2000 + b"[0," * 2_000_000)


def test_brackets_that_do_not_match() -> None:
    with pytest.raises(InvalidArgumentError, match="at offset: 5005"):
        parse_json(b'{"a":' + b"[" * 5000 + b"}" * 5001)


def test_errors_in_long_documents_are_found_without_reading_twice_over() -> None:
    rows = b"[0.5, 1]," * 30_000
    with pytest.raises(InvalidArgumentError) as caught:
        parse_json(b'{"instances":[' + rows + b"nan]}")
    assert caught.value.message == f"JSON Parse error: Invalid value. at offset: {15 + len(rows)}"


def test_escaped_emoji_do_not_slow_down_the_rest() -> None:
    count = 1_600_000  # more than the slow reader would read
    value = parse_json(b'["\\ud83d\\ude00"' + b",0" * count + b"]")
    assert (value[0], len(value)) == ("\U0001f600", count + 1)


def test_a_bracket_closes_only_its_own_kind() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        IterativeReader('{"a":[1]]', 0).read()
    phrase = "Missing a comma or '}' after an object member. at offset: 8"
    assert caught.value.message == f"JSON Parse error: {phrase}"
