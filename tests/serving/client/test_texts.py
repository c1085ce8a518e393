"""Requests of texts: how rows are cut, and which answers are accepted."""

import numpy as np
import pytest

from serving.client.answers import Prediction
from serving.client.texts import Row, chunks, columns, encode_rows, parse_predictions


def rows_of(*lengths: int) -> list[Row]:
    return [(b"x" * length,) for length in lengths]


def test_rows_of_similar_length_share_a_request() -> None:
    assert list(chunks(rows_of(9, 1, 8, 2, 7), max_rows=2)) == [[1, 3], [4, 2], [0]]


def test_a_request_has_a_limit_in_bytes() -> None:
    assert list(chunks(rows_of(4, 4, 3, 20), max_bytes=8)) == [[2, 0], [1], [3]]


def test_256_rows_fit_and_no_more() -> None:
    assert [len(places) for places in chunks(rows_of(*[1] * 600))] == [256, 256, 88]


def test_no_rows_no_request() -> None:
    assert list(chunks([])) == []


def test_texts_and_pairs_are_encoded() -> None:
    assert encode_rows(["größer"]) == [("größer".encode(),)]
    assert columns(encode_rows([("a", "b"), ("c", "d")])) == {
        "text": [b"a", b"c"],
        "text_pair": [b"b", b"d"],
    }


@pytest.mark.parametrize("texts", [["a", ("b", "c")], [("a", "b", "c")], [()]])
def test_mixtures_are_refused(texts: list[str]) -> None:
    with pytest.raises(ValueError, match="texts or pairs of texts, not a mixture"):
        encode_rows(texts)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        encode_rows(["\ud83d"])


def test_a_lone_text_is_not_a_list_of_letters() -> None:
    with pytest.raises(TypeError, match="got one text"):
        encode_rows("abc")


def test_predictions_have_the_models_order_of_classes() -> None:
    outputs = {
        "label": np.array([b"b"], object),
        "classes": np.array([[b"b", "ä".encode()]], object),
        "probabilities": np.array([[0.75, 0.25]], np.float32),
    }
    (found,) = parse_predictions(outputs, 1)
    assert found == Prediction("b", 0.75, {"b": 0.75, "ä": 0.25})
    assert list(found.probabilities) == ["b", "ä"]


def test_other_answers_are_refused() -> None:
    with pytest.raises(ValueError, match="the answer has no 'label', only y"):
        parse_predictions({"y": np.zeros(1)}, 1)


def test_a_label_that_is_no_class_is_refused() -> None:
    outputs = {
        "label": np.array([b"c"], object),
        "classes": np.array([[b"a", b"b"]], object),
        "probabilities": np.array([[0.75, 0.25]], np.float32),
    }
    with pytest.raises(ValueError, match="the label 'c' is not one of the classes a, b"):
        parse_predictions(outputs, 1)


@pytest.mark.parametrize("name", ["label", "classes"])
def test_numbers_for_names_are_refused(name: str) -> None:
    outputs = {
        "label": np.array([b"a"], object),
        "classes": np.array([[b"a"]], object),
        "probabilities": np.ones([1, 1]),
    }
    with pytest.raises(ValueError, match="label and classes of the answer are not texts"):
        parse_predictions(outputs | {name: np.ones([1] * outputs[name].ndim)}, 1)


def test_an_answer_without_rows_is_refused() -> None:
    outputs = {
        "label": np.array(b"a", object),
        "classes": np.array(b"a", object),
        "probabilities": np.ones([]),
    }
    with pytest.raises(ValueError, match="not one row per text: 1 texts were sent"):
        parse_predictions(outputs, 1)


@pytest.mark.parametrize(
    ("labels", "classes", "probabilities"), [(1, 2, 2), (2, 1, 2), (2, 2, 1), (1, 1, 1), (3, 3, 3)]
)
def test_answers_for_other_texts_are_refused(labels: int, classes: int, probabilities: int) -> None:
    outputs = {
        "label": np.full([labels], b"b", object),
        "classes": np.full([classes, 1], b"b", object),
        "probabilities": np.ones([probabilities, 1]),
    }
    with pytest.raises(ValueError, match="not one row per text: 2 texts were sent"):
        parse_predictions(outputs, 2)
