"""Tests of significance: published examples, another implementation, and the correction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bert_aas.bias import significance
from bert_aas.bias.significance import holm, same_distribution, same_within_groups
from tests.bert_aas.bias.admissions import MEN, WOMEN


def test_fishers_tea() -> None:
    """3 of 4 cups told right, both ways: 34/70."""
    assert same_distribution(np.array([[3, 1], [1, 3]])) == pytest.approx(34 / 70)


def test_many_rows_are_tested_by_chi_squared() -> None:
    table = np.array([[30, 70, 40], [50, 60, 10]])
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert same_distribution(table) == pytest.approx(expected)


def test_few_rows_of_several_classes_are_tested_by_random_tables() -> None:
    """The 3 rows of d are all of one class: 3 of the 165 ways to draw 3 of 11 rows are as far."""
    table = np.array([[4, 4, 0], [0, 0, 3]])
    assert same_distribution(table) == pytest.approx(1 / 165, abs=0.003)


def test_a_class_without_rows_does_not_count() -> None:
    table = np.array([[30, 0, 40], [50, 0, 10]])
    assert same_distribution(table) == same_distribution(table[:, [0, 2]])
    assert same_distribution(np.array([[3, 0], [4, 0]])) == 1


@given(st.lists(st.integers(0, 30), min_size=4, max_size=4))
def test_swapping_the_facets_changes_nothing(cells: list[int]) -> None:
    table = np.array(cells).reshape(2, 2)
    if table.sum(axis=1).all():
        assert same_distribution(table) == pytest.approx(same_distribution(table[::-1]))


def test_departments_explain_the_admissions() -> None:
    """R's `mantelhaen.test(UCBAdmissions, correct = FALSE)` says 0.2169."""
    assert same_within_groups(MEN, WOMEN) == pytest.approx(0.2169, abs=5e-5)
    total = same_distribution(np.array([MEN.sum(0), WOMEN.sum(0)]))
    assert total < 1e-20


def test_groups_of_one_facet_or_outcome_tell_nothing() -> None:
    assert same_within_groups(np.array([[3, 0], [2, 5]]), np.array([[4, 0], [0, 0]])) is None


def test_holms_correction() -> None:
    """4 x 0.005, 3 x 0.01, 2 x 0.03; 0.04 may not be below the one before."""
    adjusted = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert adjusted == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})


def test_an_adjusted_p_value_is_at_most_one() -> None:
    assert holm({"a": 0.6, "b": 0.7}) == {"a": 1.0, "b": 1.0}


def test_no_false_alarm_among_many_tests_of_chance() -> None:
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(200):
        tables = rng.multinomial(200, [0.4, 0.6], size=(10, 2))
        p_values = {place: same_distribution(table) for place, table in enumerate(tables)}
        alarms += min(holm(p_values).values()) < significance.ALPHA
    assert alarms <= 0.09 * 200  # 5 %, but for what chance does to 200 trials
