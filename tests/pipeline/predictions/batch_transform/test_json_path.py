import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_aas.contracts.errors import InvalidInputError
from pipeline.predictions.batch_transform.json_path import JsonPath

RECORD = {"id": 7, "review": {"text": "good", "it's": 1}, "list": [1, 2, 3, 4]}
FUZZ = settings(deadline=None, database=None, max_examples=100)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$", RECORD),
        ("$.review.text", "good"),
        ("$['review']['text']", "good"),
        (r"$.review['it\'s']", 1),
        ("$['id','list']", {"id": 7, "list": [1, 2, 3, 4]}),
        ("$.list[0]", 1),
        ("$.list[-1]", 4),
        ("$.list[0, -1]", [1, 4]),
        ("$.list[1:]", [2, 3, 4]),
        ("$.list[1:3]", [2, 3]),
        ("$.list[:-1]", [1, 2, 3]),
        ("$.list[*]", [1, 2, 3, 4]),
        ("$.review.*", ["good", 1]),
    ],
)
def test_what_is_found(path: str, expected: Any) -> None:
    assert JsonPath(path).find(RECORD) == expected


@pytest.mark.parametrize("path", ["", "id", "$.", "$id", "$..id", "$[?(@.a)]", "$['a]", "$[1"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(InvalidInputError, match="is no path: it begins with"):
        JsonPath(path)


@pytest.mark.parametrize(
    "path", ["$.none", "$.list[9]", "$.id.x", "$.id[0]", "$.list['a']", "$.id.*"]
)
def test_nothing_is_there(path: str) -> None:
    with pytest.raises(InvalidInputError, match="there is nothing at"):
        JsonPath(path).find(RECORD)


@FUZZ
@given(st.text(st.sampled_from("$.[]'\",:*-0129ab \\"), max_size=12).map("${}".format))
def test_any_path(text: str) -> None:
    with contextlib.suppress(InvalidInputError):
        JsonPath(text).find(RECORD)
