"""Garbage bodies and headers: the answer has a status below 500, and the server goes on."""

import json
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serving.invocations.conftest import TIMEOUT_S

FUZZ = settings(deadline=None, database=None, max_examples=60)

VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12)
TYPES = st.sampled_from(
    ["application/json", "application/jsonlines", "application/jsons", "text/csv", "*/*", "text/*"]
)
WEIGHTS = st.sampled_from(["", ";q=0", ";q=0.5", ";q=2", ";q=", ";;", '; a="b,c"'])
ACCEPTS = st.lists(st.tuples(TYPES | VISIBLE, WEIGHTS).map("".join), max_size=4).map(",".join)
CONTENT_TYPES = st.tuples(
    TYPES, st.sampled_from(["", "; charset=utf-8", "; header=present", ";", ";q"])
).map("".join)
ATTRIBUTES = st.lists(
    st.sampled_from(["tfs-method=", "tfs-model-version=", "tfs-model-name=", "tfs-", "a"])
    | st.sampled_from(["predict", "classify", "1", "99", "hp", "review", ",", "="]),
    max_size=6,
).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["features", "source", "instances", "configuration", "k", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
DOCUMENTS = VALUES.map(json.dumps)
LINES = st.lists(DOCUMENTS | st.text(max_size=5), max_size=4).map("\n".join)
CSVS = st.text(st.sampled_from('ab1,"\n\r.é\0'), max_size=20)
BODIES = (DOCUMENTS | LINES | CSVS).map(lambda text: text.encode("utf-8", "replace")) | st.binary()
PATHS = st.sampled_from(
    [
        "/invocations",
        "/endpoints/review/invocations",
        "/endpoints/hp/invocations",
        "/endpoints/two/invocations",
        "/endpoints/odd/invocations",
        "/endpoints/pair/invocations",
    ]
)


def send(url: str, body: bytes, headers: dict[str, str]) -> requests.Response:
    with requests.Session() as session:
        request = requests.Request("POST", url, data=body, headers=headers).prepare()
        return session.send(request, timeout=TIMEOUT_S)


@FUZZ
@given(PATHS, BODIES, CONTENT_TYPES, ACCEPTS, ATTRIBUTES)
def test_garbage(
    invocations_url: str, path: str, body: bytes, kind: str, accept: str, attributes: str
) -> None:
    headers = {
        "Content-Type": kind,
        "Accept": accept,
        "X-Amzn-SageMaker-Custom-Attributes": attributes,
    }
    answer = send(invocations_url + path, body, headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code != 200:
        assert answer.json()


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"features":' * 50_000, b'"' * 100_001])
@pytest.mark.parametrize("kind", ["application/json", "application/jsonlines", "text/csv"])
def test_deep_and_long(invocations_url: str, body: bytes, kind: str) -> None:
    answer = send(f"{invocations_url}/endpoints/review/invocations", body, {"Content-Type": kind})
    document: Any = answer.json() if answer.status_code != 200 else {}
    assert answer.status_code in {200, 424}
    assert document.get("OriginalStatusCode", 400) == 400
