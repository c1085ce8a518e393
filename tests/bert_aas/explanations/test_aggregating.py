"""Words over rows, against pandas."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bert_aas.explanations.aggregating import WordSums, word_figures
from bert_aas.explanations.explained import ExplainedRow
from tests.bert_aas.explanations.explained_rows import explained, random_rows


def by_pandas(rows: Sequence[ExplainedRow], min_rows: int) -> pd.DataFrame:
    """The same figures, by group-bys over a long table."""
    long = pd.DataFrame(
        [
            {"row": number, "word": word, "score": score}
            for number, row in enumerate(rows)
            for word, score in zip(row.words, row.scores, strict=True)
        ]
    )
    score = long.groupby(["row", "word"], as_index=False)["score"].sum()
    grouped = score.groupby("word")["score"]
    table = pd.DataFrame(
        {
            "rows": grouped.count(),
            "mean": grouped.mean(),
            "mean_abs": grouped.apply(lambda values: values.abs().mean()),
            "error": grouped.sem(),
        }
    )
    return table[table["rows"] >= min_rows].sort_values("mean_abs", ascending=False)


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_pandas(seed: int) -> None:
    rows = random_rows(60, seed)
    found = word_figures(WordSums.of(rows), min_rows=17)

    expected = by_pandas(rows, min_rows=17)
    assert [one.word for one in found] == expected.index.tolist()
    assert 2 < len(found) < 16
    for one, row in zip(found, expected.itertuples(), strict=True):
        ends = stats.t.interval(0.95, row.rows - 1, row.mean, row.error)
        assert one.rows == row.rows
        assert (one.mean, one.mean_abs) == pytest.approx((row.mean, row.mean_abs))
        assert (one.low, one.high) == pytest.approx(ends)


def test_a_word_that_comes_twice_counts_once_with_its_sum() -> None:
    rows = [explained("aba", [0.5, 0.25, -0.25]), explained("a", [0.75])]
    (found,) = word_figures(WordSums.of(rows), min_rows=2)
    assert (found.word, found.rows, found.mean, found.mean_abs) == ("a", 2, 0.5, 0.5)


def test_words_of_too_few_rows_are_left_out() -> None:
    rows = [explained("ab", [0.1, 0.9]), explained("a", [0.2]), explained("a", [0.3])]
    assert [one.word for one in word_figures(WordSums.of(rows), min_rows=3)] == ["a"]
    assert word_figures(WordSums.of(rows), min_rows=4) == []
    assert [one.word for one in word_figures(WordSums.of(rows), min_rows=1)] == ["a"]  # no interval


def test_for_and_against_do_not_hide_a_word() -> None:
    rows = [explained("ab", [0.4, 0.1]), explained("ab", [-0.4, 0.1])]
    first, second = word_figures(WordSums.of(rows), min_rows=2)
    assert (first.word, first.mean, first.mean_abs) == ("a", 0.0, 0.4)
    assert (second.word, second.mean, second.mean_abs) == ("b", 0.1, 0.1)


@pytest.mark.parametrize("rows", [[], [explained("", [])]])
def test_no_words(rows: list[ExplainedRow]) -> None:
    assert word_figures(WordSums.of(rows), min_rows=2) == []


def test_means_of_chosen_rows() -> None:
    sums = WordSums.of([explained("ab", [1, -2]), explained("a", [3]), explained("b", [5])])
    chosen = np.array([True, False, True])
    assert sums.counts(chosen).tolist() == [1, 2]
    assert sums.means(chosen).tolist() == [1, 1.5]
    assert sums.means(chosen, absolute=True).tolist() == [1, 3.5]
