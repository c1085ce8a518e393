import json
from typing import Any

import pytest

from serving.rest.json.writer import Token, encode_text, quote, write_json


@pytest.mark.parametrize(
    ("value", "single_line", "text"),
    [
        ({"outputs": [1, 2]}, False, '{\n    "outputs": [\n        1,\n        2\n    ]\n}'),
        ({"a": [[1], [Token("2.0")]]}, True, '{\n    "a": [[1], [2.0]]\n}'),
        ([], False, "[]"),
        ({}, False, "{}"),
        ({"a": "é\n"}, False, '{\n    "a": "é\\n"\n}'),
    ],
)
def test_layout(value: Any, single_line: bool, text: str) -> None:
    assert write_json(value, single_line_arrays=single_line) == text


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('a"\\b/é\x7f\u2028', '"a\\"\\\\b/é\x7f\u2028"'),
        ("\b\f\n\r\t\x00\x11", r'"\b\f\n\r\t\u0000\u0011"'),
        ("\x1b[1m\x0b\x1f", r'"\u001B[1m\u000B\u001F"'),
        ("\\u001b", r'"\\u001b"'),
    ],
)
def test_strings_are_escaped_as_rapidjson_does(text: str, quoted: str) -> None:
    assert quote(text) == quoted
    assert json.loads(quoted) == text


def test_bytes_that_are_no_text_go_out_unchanged() -> None:
    assert encode_text("é\udcff") == "é".encode() + b"\xff"
