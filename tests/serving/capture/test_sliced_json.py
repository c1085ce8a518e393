import json
from typing import Any

import pytest

from serving.capture.sliced_json import ASCII, UNICODE, sliced_json


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": [], "b": "", "é": None},
        {
            "outputs": {
                "label": ["good\n", "\u00e9"] * 600,
                "p": [[0.5, 1e-9]] * 501,
                "n": [1] * 500,
            }
        },
        ['"\\', {"b64": "/w=="}] * 700,
        '\U0001f600"\\\n' * 40_000,
    ],
)
def test_it_is_what_json_writes(value: Any) -> None:
    assert sliced_json(value, ASCII) == json.dumps(value)
    assert sliced_json(value, UNICODE) == json.dumps(value, ensure_ascii=False)


def test_no_step_is_long() -> None:
    lengths: list[int] = []

    def encode(value: Any) -> str:
        lengths.append(len(value))
        return json.dumps(value)

    sliced_json({"texts": ["a"] * 2000, "data": "x" * 200_000}, encode)
    assert max(lengths) <= 50_000
    assert sum(lengths) == 2000 + 200_000 + len("textsdata")
