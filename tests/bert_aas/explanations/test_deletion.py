"""The deletion test, on models whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from bert_aas.explanations.deletion import DRAWS, Faithfulness, drops, faithfulness, plan

NUMBERS = (1, 2, 3, 5)
Scores = Callable[[np.random.Generator, list[str]], list[float]]


def model(words: list[str]) -> float:
    """The planted word decides, and one other word helps a little."""
    return 0.2 + 0.7 * ("planted" in words) + 0.05 * ("helper" in words)


def true_scores(_: np.random.Generator, words: list[str]) -> list[float]:
    return [{"planted": 0.7, "helper": 0.05}.get(word, 0.0) for word in words]


def random_scores(draw: np.random.Generator, words: list[str]) -> list[float]:
    return [float(score) for score in draw.normal(size=len(words))]


def reversed_scores(draw: np.random.Generator, words: list[str]) -> list[float]:
    return [-score for score in true_scores(draw, words)]


def deletion_test(scores: Scores, rows: int = 120, words: int = 8) -> Faithfulness:
    draw = np.random.default_rng(2)
    plans, found = [], []
    for number in range(rows):
        text = ["planted", "helper", *map(str, range(words - 2))][:words]
        draw.shuffle(text)
        made = plan(scores(draw, text), NUMBERS, number)
        kept = [[w for at, w in enumerate(text) if at not in gone] for gone in made.left_out]
        plans.append(made)
        found.append(drops(made, model(text), np.array([model(one) for one in kept])))
    return faithfulness(plans, found)


def test_the_planted_word_takes_its_probability_along() -> None:
    found = deletion_test(true_scores)
    assert [one.words for one in found.curve] == [1, 2, 3, 5]
    assert [one.top.value for one in found.curve] == pytest.approx([0.7, 0.75, 0.75, 0.75])
    # k of 8 words at random hold each word with a chance of k in 8.
    expected = [0.75 * number / 8 for number in NUMBERS]
    assert [one.random.value for one in found.curve] == pytest.approx(expected, abs=0.06)
    assert found.difference.low > 0.3
    assert found.verdict == "faithful"
    assert found.sentence.startswith(
        "Faithful: without the 3 words that have the highest figures the probability of the "
        "predicted class changes by -0.750, without 3 random words by -0.2"
    )


@pytest.mark.parametrize("scores", [random_scores, reversed_scores])
def test_figures_that_say_nothing_are_not_faithful(scores: Scores) -> None:
    found = deletion_test(scores)
    assert found.verdict == "not faithful"
    assert found.sentence.startswith("Not faithful: ")
    assert found.difference.low < 0.05


def test_few_rows_do_not_tell() -> None:
    assert deletion_test(true_scores, rows=19).verdict == "too few rows to tell"
    assert deletion_test(true_scores, rows=20).verdict == "faithful"


def test_a_row_keeps_at_least_one_word() -> None:
    made = plan([0.1, 0.3, 0.2], NUMBERS, 0)
    assert made.numbers == (1, 2)
    assert [made.left_out[0], made.left_out[1 + DRAWS]] == [(1,), (1, 2)]
    assert all(len(set(gone)) == len(gone) for gone in made.left_out)
    assert deletion_test(true_scores, words=1).sentence == (
        "No row has two words or more, so nothing could be left out"
    )
    assert faithfulness([], []).verdict == "too few rows to tell"


def test_rows_have_random_words_of_their_own_and_always_the_same() -> None:
    scores = [0.0] * 50
    assert plan(scores, NUMBERS, 1) == plan(scores, NUMBERS, 1)
    assert plan(scores, NUMBERS, 1) != plan(scores, NUMBERS, 2)


def test_short_rows_count_only_where_they_can() -> None:
    long, short = plan([0.4, 0.3, 0.2], (1, 2), 0), plan([0.4, 0.3], (1, 2), 1)
    found = faithfulness(
        [long, short],
        [
            drops(long, 0.9, np.array([0.5, *[0.8] * DRAWS, 0.3, *[0.6] * DRAWS])),
            drops(short, 0.8, np.array([0.2, *[0.7] * DRAWS])),
        ],
    )
    one, two = found.curve
    assert [each.rows for each in (one, two)] == [2, 1]
    assert [each.top.value for each in (one, two)] == pytest.approx([0.5, 0.6])
    assert [each.random.value for each in (one, two)] == pytest.approx([0.1, 0.3])
    # By rows: (0.3 + 0.3) / 2 and 0.5.
    assert found.difference.value == pytest.approx(0.4)
    low, high = stats.t.interval(0.95, 1, 0.4, stats.sem([0.3, 0.5]))
    assert (found.difference.low, found.difference.high) == pytest.approx((low, high))
