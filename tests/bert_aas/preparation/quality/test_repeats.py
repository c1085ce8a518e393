from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.preparation.quality import repeats
from bert_aas.preparation.quality.repeats import RepeatedTexts

LONG = "the zip broke on the second day and nobody answered my letters about it at all"

rows_of_few_texts = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "ü"]), st.sampled_from(["x", "y", "z"])), max_size=40
)


def added(rows: list[tuple[str, str]]) -> RepeatedTexts:
    found = RepeatedTexts()
    for number, (text, label) in enumerate(rows, start=1):
        found.add("f.csv", number, text, label)
    return found


@given(rows_of_few_texts)
def test_repeats_and_conflicts_are_those_of_a_plain_count(rows: list[tuple[str, str]]) -> None:
    found = added(rows)
    labels = defaultdict(set)
    for text, label in rows:
        labels[text].add(label)
    texts = [text for text, _ in rows]
    again = [place for place, text in enumerate(texts) if text in texts[:place]]
    assert found.repeated().tolist() == again
    assert len(again) == len(rows) - len(Counter(texts))
    expected = [place for place, text in enumerate(texts) if len(labels[text]) > 1]
    assert found.conflicting().tolist() == expected


def test_nearly_equal_texts_are_found_once_and_equal_ones_are_none() -> None:
    rows = [(LONG, "x"), (LONG, "x"), (f"{LONG} !", "x"), (f"{LONG} again", "y"), ("other", "x")]
    assert added(rows).nearly_repeated().tolist() == [2, 3]


def test_texts_are_compared_with_those_far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_AT_A_TIME", 2)
    rows = [("one", "x"), (LONG, "x"), ("two", "x"), ("three", "x"), (f"{LONG} !", "x")]
    assert added(rows).nearly_repeated().tolist() == [4]


def test_texts_beyond_those_compared_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MAX_COMPARED", 2)
    rows = [("one", "x"), (LONG, "x"), (f"{LONG} !", "x")]
    assert added(rows).nearly_repeated().tolist() == []


def test_rows_are_named_by_file_and_number() -> None:
    found = RepeatedTexts()
    for file, number in (("a.csv", 1), ("a.csv", 3), ("b.csv", 1)):
        found.add(file, number, "same", "x")
    assert [found.name(place) for place in range(3)] == ["a.csv:1", "a.csv:3", "b.csv:1"]


def test_no_rows_repeat_nothing() -> None:
    found = RepeatedTexts()
    assert [len(places) for places in (found.repeated(), found.conflicting())] == [0, 0]
    assert len(found.nearly_repeated()) == 0
