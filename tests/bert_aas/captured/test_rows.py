from datetime import datetime, timezone
from typing import Any

import pytest

from bert_aas.captured.events import Event
from bert_aas.captured.rows import CapturedRow, rows_of

NOW = datetime(2026, 11, 30, tzinfo=timezone.utc)


def rows(asked: Any, answered: Any) -> list[CapturedRow]:
    return list(rows_of(Event({}, NOW, asked, answered)))


def test_a_row_for_each_text() -> None:
    outputs = {
        "label": ["good", "bad"],
        "probabilities": [[0.1, 0.9], [0.8, 0.2]],
        "classes": "[REDACTED]",
    }
    first, second = rows({"inputs": {"text": ["soft", "torn"]}}, {"outputs": outputs})
    assert (first.row, first.texts, first.label) == (0, ("soft", None), ("good", 0.9))
    assert (second.row, second.texts, second.label) == (1, ("torn", None), ("bad", 0.8))
    assert second.answered["classes"] == "[REDACTED]"


def test_pairs_and_inputs_of_other_names() -> None:
    asked = {"inputs": {"text": ["a"], "text_pair": ["b"]}}
    assert rows(asked, {"outputs": {"y": [1]}})[0].texts == ("a", "b")
    assert rows({"inputs": {"t": ["a"], "n": [3]}}, {"outputs": {"y": [1]}})[0].texts == ("a", None)
    assert rows({"inputs": {"t": ["a"], "s": ["b"]}}, {"outputs": {"y": [1]}})[0].texts[0] is None


def test_classify_and_regress() -> None:
    examples = {"examples": [{"text": "soft", "n": 3}]}
    [classified] = rows(examples, {"results": [[["bad", 0.3], ["good", 0.7]]]})
    assert (classified.texts[0], classified.label) == ("soft", ("good", 0.7))
    [regressed] = rows(examples, {"results": [0.5]})
    assert (regressed.answered, regressed.label) == ({"outputs": 0.5}, (None, None))


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ({"inputs": {"text": ["a", "b"]}}, {"outputs": {"total": [1]}}),
        ("1,2", {"outputs": {"y": [1, 2]}}),
        ({"inputs": {"a": [1], "b": [1, 2]}}, {"outputs": {"y": [1, 2]}}),
    ],
)
def test_what_cannot_be_taken_apart_is_one_row(asked: Any, answered: Any) -> None:
    [row] = rows(asked, answered)
    assert row == CapturedRow(0, {"request": asked}, {"answer": answered})
