import pytest

from serving.invocations.media_types import (
    CSV,
    JSON,
    JSON_LINES,
    NotAcceptableError,
    UnsupportedMediaTypeError,
    choose_answer_type,
    content_type_of,
)

OFFERED = (CSV, JSON, JSON_LINES)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (None, JSON),
        (b" ", JSON),
        (b"Application/JSON; charset=UTF-8", JSON),
        (b"application/jsons", JSON_LINES),
        (b"application/x-jsonlines", JSON_LINES),
        (b'text/csv;charset="utf-8"', CSV),
    ],
)
def test_what_a_body_is(header: bytes | None, kind: str) -> None:
    assert content_type_of(header) == (kind, False)


def test_a_csv_that_names_its_columns() -> None:
    assert content_type_of(b"text/csv; header=present") == (CSV, True)


@pytest.mark.parametrize(
    ("header", "text"),
    [
        (b"image/png", "The Content-Type 'image/png' is not read here: send one of application/j"),
        (b"json", "The Content-Type 'json' is not read here"),
        (b"\xff/\x00", "is not read here"),
        (b"text/csv; charset=latin-1", "send the text as utf-8"),
    ],
)
def test_other_bodies(header: bytes, text: str) -> None:
    with pytest.raises(UnsupportedMediaTypeError, match=text) as caught:
        content_type_of(header)
    assert caught.value.http_status == 415


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (None, CSV),
        (b"*/*", CSV),
        (b"", CSV),
        (b"application/json", JSON),
        (b"application/x-jsonlines, application/json", JSON_LINES),
        (b"application/json;q=0.5, application/jsonlines;q=0.9", JSON_LINES),
        (b"application/json;q=0.5, */*;q=0.1", JSON),
        (b"application/*", JSON),
        (b"text/csv;q=0, */*", JSON),
        (b"image/png, text/*", CSV),
        (b"application/json;q=x, application/jsonlines", JSON_LINES),
    ],
)
def test_the_form_of_an_answer(header: bytes | None, chosen: str) -> None:
    assert choose_answer_type(header, OFFERED) == chosen


@pytest.mark.parametrize("header", [b"image/png", b"nonsense", b"*/*;q=0", b"text/html, image/*"])
def test_no_form_that_a_client_takes(header: bytes) -> None:
    with pytest.raises(NotAcceptableError, match="this answer is given as text/csv, ") as caught:
        choose_answer_type(header, OFFERED)
    assert caught.value.http_status == 406
