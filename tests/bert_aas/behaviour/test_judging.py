"""Behavioural tests, put to models that look for a word."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from bert_aas.behaviour.cases import Text, cases
from bert_aas.behaviour.judging import MOST_EXAMPLES, as_json, run_tests
from bert_aas.behaviour.params import BehaviourParams


def made(**given: Any) -> BehaviourParams:
    return BehaviourParams.model_validate_json(json.dumps({"name": "it", **given}))


def by_love(texts: Sequence[Text]) -> list[str]:
    """A model that knows one word, and misses "not"."""
    return ["good" if "love" in one.text.lower() else "bad" for one in texts]


def failing(test: BehaviourParams) -> tuple[int, list[str]]:
    (result,) = run_tests([test], by_love)
    return result.count, [one.sentence for one in result.failures]


def test_rows_that_must_be_right() -> None:
    rows = [{"text": "I love it", "label": "good"}, {"text": "it tore", "label": "good"}]
    assert failing(made(kind="right", rows=rows)) == (2, ["the label is 'bad', not 'good'"])


def test_templates_are_filled_in_every_way() -> None:
    words = {"thing": ["dress", "shoe"], "verb": ["love", "like"]}
    rows = [{"text": "I {verb} the {thing} {other}", "label": "good"}]
    with pytest.raises(ValidationError, match=r"has no words for \{other\}"):
        made(kind="right", rows=rows, words=words)
    rows[0]["text"] = "I {verb} the {thing}"
    test = made(kind="right", rows=rows, words=words)
    assert [case.text.text for case in cases(test)] == [
        "I love the dress",
        "I love the shoe",
        "I like the dress",
        "I like the shoe",
    ]
    assert failing(test)[0] == 4
    assert len(failing(test)[1]) == 2


def test_a_change_that_must_not_matter() -> None:
    rows = [{"text": "{name} says: {word} it"}]
    words = {"name": ["Ann", "Bob"], "word": ["love", "like"]}
    count, sentences = failing(made(kind="same", rows=rows, words=words))
    assert count == 3
    assert sentences == ["the label is 'good' before the change and 'bad' after it"] * 2


def test_whole_words_are_swapped_as_they_are_spelt() -> None:
    rows = [{"text": "She loves her shelf. SHE"}]
    test = made(kind="same", rows=rows, swaps=[["she", "he"], ["nobody", "somebody"]])
    assert [case.changed for case in cases(test)] == [Text("He loves her shelf. He")]
    assert failing(test) == (1, [])


def test_a_change_that_must_matter() -> None:
    rows = [
        {"text": "I love it", "changed": "I do not love it", "label": "bad"},
        {"text": "I love it", "changed": "I hate it", "label": "bad"},
        {"text": "I love it", "changed": "I hate it", "label": "worse"},
    ]
    count, sentences = failing(made(kind="other", rows=rows))
    assert count == 3
    assert sentences == [
        "the label is 'good' before and after the change",
        "the label is 'bad', not 'worse'",
    ]


def test_pairs_keep_their_second_text() -> None:
    rows = [{"text": "a {x}", "text_pair": "b {x}"}]
    test = made(kind="same", rows=rows, words={"x": ["1", "2"]})
    (case,) = cases(test)
    assert (case.text, case.changed) == (Text("a 1", "b 1"), Text("a 2", "b 2"))


def test_every_text_is_asked_once() -> None:
    asked: list[Text] = []

    def answer(texts: Sequence[Text]) -> list[str]:
        asked.extend(texts)
        return by_love(texts)

    rows = [{"text": "I love it", "label": "good"}]
    first = made(kind="right", rows=rows)
    second = made(name="again", kind="right", rows=rows)
    assert [one.share for one in run_tests([first, second], answer)] == [1.0, 1.0]
    assert asked == [Text("I love it")]


def test_for_programs_with_some_of_the_failing_cases() -> None:
    rows = [{"text": f"text {place}", "label": "good"} for place in range(MOST_EXAMPLES + 5)]
    rows.append({"text": "love", "label": "good"})
    (found,) = as_json(run_tests([made(kind="right", rows=rows, min_share=0.1)], by_love))["tests"]
    assert (found["rows"], found["passed"], found["min_share"]) == (16, 1, 0.1)
    assert found["share"] == pytest.approx(1 / 16)
    assert len(found["failures"]) == MOST_EXAMPLES
    assert found["failures"][0] == {
        "text": "text 0",
        "text_pair": None,
        "changed": None,
        "expected": "good",
        "labels": ["bad"],
        "sentence": "the label is 'bad', not 'good'",
    }


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"kind": "right", "rows": [{"text": "a"}]}, "needs a label in the row 'a'"),
        ({"kind": "same", "rows": [{"text": "a"}]}, "needs {words}, `swaps` or `changed`"),
        ({"kind": "other", "rows": [{"text": "a"}]}, "needs `changed`, or `swaps`"),
        ({"kind": "right", "rows": []}, "at least 1 item"),
        ({"kind": "wrong", "rows": [{"text": "a"}]}, "'right', 'same' or 'other'"),
        ({"kind": "same", "rows": [{"text": "{a}"}], "words": {"a": []}}, "has no words for {a}"),
        ({"kind": "same", "rows": [{"text": "a"}], "swaps": [[" ", "b"]]}, "swaps an empty word"),
        (
            {
                "kind": "same",
                "rows": [{"text": "{a}{b}"}],
                "words": dict.fromkeys("ab", ["x"] * 101),
            },
            "makes more than 10,000 cases",
        ),
    ],
)
def test_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as refused:
        made(**given)
    assert reason in str(refused.value)
