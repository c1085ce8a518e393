"""Swapped words: case, whole words, several pairs, both directions."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_aas.bias.predicted import word_swaps
from bert_aas.bias.predicted.word_swaps import WordSwapper
from bert_aas.contracts.errors import InvalidInputError

PAIRS = [("he", "she"), ("his", "her"), ("him", "her"), ("Anna", "Peter"), ("New York", "Lagos")]


def swapped(text: str) -> str:
    found = WordSwapper(PAIRS).swap(text)
    assert found is not None
    return found.text


def test_the_examples() -> None:
    assert doctest.testmod(word_swaps).failed == 0


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("he said she left", "she said he left"),
        ("He SHE he", "She HE she"),
        ("anna and Anna and ANNA", "peter and Peter and PETER"),
        ("from new york, not Lagos", "from lagos, not New York"),
        ("her hat", "his hat"),  # the first pair that has the word
        ("him", "her"),
        ("(he)", "(she)"),
    ],
)
def test_words(text: str, other: str) -> None:
    assert swapped(text) == other


@pytest.mark.parametrize("text", ["the theme", "shell", "heé", "", "he_1"])
def test_parts_of_words_stay(text: str) -> None:
    assert WordSwapper(PAIRS).swap(text) is None


def test_which_pairs_were_there_and_in_which_direction() -> None:
    found = WordSwapper(PAIRS).swap("he and she met Anna")
    assert found is not None
    assert [sorted(one) for one in (found.pairs, found.forward, found.backward)] == [
        [0, 3],
        [3],
        [],
    ]
    found = WordSwapper(PAIRS).swap("Peter")
    assert found is not None
    assert (sorted(found.forward), sorted(found.backward)) == ([], [3])


def test_signs_of_regular_expressions_are_letters_like_others() -> None:
    found = WordSwapper([("a.c", "b+")]).swap("abc a.c")
    assert found is not None
    assert found.text == "abc b+"


@pytest.mark.parametrize("pair", [("", "she"), ("he", " "), ("he", "He")])
def test_words_that_cannot_be_swapped(pair: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="cannot be swapped; give two different ones"):
        WordSwapper([pair])


def test_without_pairs() -> None:
    assert WordSwapper([]).swap("he") is None


@given(st.lists(st.sampled_from(["he", "She", "HIM", "the", "Peter", "x", "anna"])))
def test_swapping_twice_gives_back_the_text(words: list[str]) -> None:
    """Where no word is in two pairs."""
    pairs = [("he", "she"), ("Anna", "Peter")]
    text = " ".join(words)
    once = WordSwapper(pairs).swap(text)
    if once is not None:
        twice = WordSwapper(pairs).swap(once.text)
        assert twice is not None
        assert twice.text == text
