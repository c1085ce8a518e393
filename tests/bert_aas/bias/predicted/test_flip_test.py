"""The flip test: neighbours of rows worked out by hand, its sign, its interval."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from bert_aas.bias.predicted import flip_test
from bert_aas.bias.predicted.flip_test import Flips, flips, nearest


def test_the_sign_is_that_of_the_code() -> None:
    """Both rows of d would be positive among a; one of them is not: d is harmed."""
    a = np.array([[0.0], [10.0]])
    places = nearest(a, np.array([[1.0], [2.0]]))
    found = flips(np.array([True, False]), np.array([True, False]), places)
    assert found == Flips(favoured=0, harmed=1, rows=2)
    assert found.value == -0.5


def test_a_row_that_is_favoured() -> None:
    places = nearest(np.array([[0.0], [10.0]]), np.array([[1.0]]))
    assert flips(np.array([False, True]), np.array([True]), places).value == 1


def test_with_ten_rows_the_majority_of_five_decides() -> None:
    a = np.arange(10.0)[:, None]
    positive = np.array([False, False, True, True, True, *[False] * 5])
    d, of_d = np.array([[0.0]]), np.array([False])
    assert sorted(nearest(a, d)[0]) == [0, 1, 2, 3, 4]
    assert flips(positive, of_d, nearest(a, d)).harmed == 1
    assert nearest(a[:9], d).tolist() == [[0]]  # fewer than ten: the nearest one alone
    assert flips(positive[:9], of_d, nearest(a[:9], d)).harmed == 0


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40))
def test_another_implementation_finds_the_same(seed: int, rows_a: int, rows_d: int) -> None:
    draw = np.random.default_rng(seed)
    a, d = draw.normal(size=(rows_a, 3)), draw.normal(size=(rows_d, 3))
    positive_a, positive_d = draw.random(rows_a) < 0.5, draw.random(rows_d) < 0.5
    other = KNeighborsClassifier(5 if rows_a >= 10 else 1).fit(a, positive_a).predict(d)
    expected = (positive_d.astype(int) - other.astype(int)).mean()
    assert flips(positive_a, positive_d, nearest(a, d)).value == pytest.approx(expected)


def test_large_numbers_do_not_swallow_differences() -> None:
    a = np.array([[1e9], [1e9 + 1], [1e9 + 2]])
    assert nearest(a, a).tolist() == [[0], [1], [2]]


def test_parts_of_the_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(3)
    a, d = draw.normal(size=(30, 4)), draw.normal(size=(21, 4))
    whole = np.sort(nearest(a, d))
    monkeypatch.setattr(flip_test, "_CELLS_AT_A_TIME", 100)
    assert (np.sort(nearest(a, d)) == whole).all()
