import math
from typing import Any

import pytest

from serving.rest.json.dump import dump_value
from serving.rest.json.objects import to_object


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        ([1, 2.5, "a\n", True, None, 1e30], '[1, 2.5, "a\\n", true, null, 1e30]'),
        ({"a": [1], "b": {"c": "é"}}, '{\n    "a": [1],\n    "b": {\n        "c": "é"\n    }\n}'),
        ([{"a": 1}, []], '[{\n        "a": 1\n    }, []]'),
        (to_object([("a", 1), ("b", 2), ("a", 3)]), '{\n    "a": 1,\n    "b": 2,\n    "a": 3\n}'),
        ([1.0, math.nan, 2.0], "[1.0, "),  # RapidJSON's writer gives up there
        ({"a": math.inf}, '{\n    "a": '),
    ],
)
def test_values_are_quoted_as_upstream_does(value: Any, text: str) -> None:
    assert dump_value(value) == text


def test_nothing_is_begun_after_256_bytes() -> None:
    # "[" and 128 times "1, " without the first ", ": 1 + 1 + 127 * 3 = 383; at 1 + 1 + 85 * 3 = 257
    # bytes nothing more is begun.
    assert dump_value([1] * 128) == "[1" + ", 1" * 85
    assert dump_value(["x" * 300, 1]) == '["' + "x" * 300 + '"'
    assert dump_value(["é" * 130, 1]) == '["' + "é" * 130 + '"'  # 264 bytes


def test_long_texts_are_not_answered_whole() -> None:
    assert dump_value(["x" * 10_000_000]) == '["' + "x" * 1022


def test_dumps_of_very_deep_values() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    assert dump_value(value) == "[" * 256
