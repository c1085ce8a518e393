"""Reports of predictions: which comparisons there are, what is tested, what stands on rows."""

import doctest
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert_aas.bias.figures import BiasReport, Comparison, Figure
from bert_aas.bias.measuring import measure_bias
from bert_aas.bias.metric_names import AFTER_DESCRIPTIONS
from bert_aas.bias.predicted import measuring, outcomes
from bert_aas.bias.predicted.measuring import measure_model_bias
from bert_aas.bias.questions import Facet, Question
from bert_aas.contracts.errors import InvalidInputError

Cells = list[int]
PLACES = [(side, label, answer) for side in "ad" for label in "ny" for answer in "ny"]


def table(cells: Cells) -> dict[str, list[Any]]:
    """Give one row per row of `[side, label, prediction]`, flattened."""
    rows = [place for place, number in zip(PLACES, cells, strict=True) for _ in range(number)]
    return {name: [row[at] for row in rows] for at, name in enumerate(("side", "label", "said"))}


def measured(columns: dict[str, list[Any]], **more: Any) -> BiasReport:
    given: dict[str, Any] = {"label": "label", "predicted": "said", "facets": ["side=d"]}
    return measure_model_bias(columns, **(given | more))


def figure(one: Comparison, name: str) -> Figure:
    found = one.figure(name)
    assert found is not None
    return found


# a: 20 true negatives, 10 false positives, 5 false negatives, 65 true positives; d: 18, 5, 7, 20
GUIDE = [20, 10, 5, 65, 18, 5, 7, 20]


def test_the_examples() -> None:
    assert doctest.testmod(measuring).failed == 0


def test_the_published_table() -> None:
    (one,) = measured(table(GUIDE), positive=["y"]).comparisons
    assert round(figure(one, "RD").value or 0, 4) == 0.1878
    assert round(figure(one, "SD").value or 0, 4) == 0.1159
    assert (one.a.rows, one.a.positive, one.d.rows, one.d.positive) == (100, 70, 50, 27)
    answers = one.d.answers
    assert answers is not None
    assert (answers.true_positive, answers.false_negative) == (20, 7)
    assert (answers.false_positive, answers.true_negative) == (5, 18)
    assert {found.name for found in one.figures} == set(AFTER_DESCRIPTIONS)


def test_each_class_in_turn_and_the_accuracy_of_all() -> None:
    columns: dict[str, list[Any]] = {
        "side": list("ad") * 30,
        "label": [1, 2, 3] * 20,
        "said": [1, 2, 3, 1, 3, 2] * 10,
    }
    report = measured(columns)
    assert [one.positive for one in report.comparisons] == [("1",), ("2",), ("3",), ()]
    whole = report.comparisons[-1]
    assert [found.name for found in whole.figures] == ["AD"]
    # Side a has rows 1, 3, 5 of six: 1 is 1, 3 is 3, 2 is 3; side d: 2 is 2, 1 is 1, 3 is 2.
    assert figure(whole, "AD").value == 0


def test_a_class_that_only_predictions_have() -> None:
    columns: dict[str, list[Any]] = {
        "side": list("aadd"),
        "label": list("nyny"),
        "said": list("nzny"),
    }
    report = measured(columns)
    assert report.classes == ("n", "y", "z")


def test_positive_classes_together() -> None:
    columns: dict[str, list[Any]] = {
        "side": list("ad") * 6,
        "label": [1, 2, 3, 1, 2, 3] * 2,
        "said": [1, 3, 2, 1, 2, 3] * 2,
    }
    one = measured(columns, positive=[2, 3]).comparisons[0]
    assert figure(one, "AD").value == 0  # what is 2 and what is 3 makes no difference
    answers = one.a.answers
    assert answers is not None
    assert (answers.true_positive, answers.false_negative, answers.false_positive) == (4, 0, 0)


def test_mirrored_questions_are_one_test() -> None:
    """Recall of one class is specificity of the other; d against a is a against d."""
    once = measured(table(GUIDE), positive=["y"])
    each = measured(table(GUIDE))
    both = measured(table(GUIDE), facets=["side"])
    # predicted, right, found and rightly and labels per prediction of two classes, errors
    assert once.tests == each.tests == both.tests == 9
    no, yes = each.comparisons
    for name, mirror in {"RD": "SD", "DAR": "DRR", "DCAcc": "DCR", "TE": "TE"}.items():
        assert figure(no, name).adjusted == pytest.approx(figure(yes, mirror).adjusted)


def test_rows_without_a_label_or_a_prediction_are_left_out() -> None:
    columns = table(GUIDE)
    more: dict[str, list[Any]] = {
        "side": ["d", "d", None],
        "label": ["y", None, "y"],
        "said": [None, "y", "y"],
    }
    report = measured({name: columns[name] + more[name] for name in columns}, positive=["y"])
    assert (report.rows, report.without_label, report.without_value) == (153, 2, {"side": 1})
    assert report.comparisons == measured(columns, positive=["y"]).comparisons


def test_a_share_of_no_rows_decides_nothing() -> None:
    """Facet d has no positive label: there is no recall to compare."""
    (one,) = measured(table([5, 5, 5, 5, 10, 5, 0, 0]), positive=["y"]).comparisons
    recall = figure(one, "RD")
    assert (recall.value, recall.interval, recall.p_value) == (0.5, None, None)
    assert recall.error == "one side has no row to take the share of, which counts as 0"
    assert not recall.exceeds(0.1)
    assert figure(one, "SD").exceeds(0.1)


def test_an_infinite_figure_is_beyond_every_limit() -> None:
    """Nobody of facet a is predicted positive."""
    (one,) = measured(table([5, 0, 5, 0, 5, 5, 5, 5]), positive=["y"]).comparisons
    impact = figure(one, "DI")
    assert impact.value == math.inf
    assert impact.error == "infinite: no other row is predicted positive"
    assert impact.exceeds(0.99)
    assert figure(one, "DCAcc").value == math.inf
    assert figure(one, "DCAcc").exceeds(1e9)


def test_errors_that_one_side_does_not_make() -> None:
    (one,) = measured(table([5, 0, 0, 5, 5, 1, 3, 5]), positive=["y"]).comparisons
    errors = figure(one, "TE")
    assert (errors.value, errors.interval, errors.is_measured) == (3, None, False)


def test_no_prediction_is_positive() -> None:
    (one,) = measured(table([5, 0, 5, 0, 5, 0, 5, 0]), positive=["y"]).comparisons
    impact = figure(one, "DI")
    assert (impact.value, impact.is_measured) == (0, False)
    assert not impact.exceeds(0.2)


@pytest.mark.parametrize(
    ("value", "distance"), [(0.5, 0.5), (2.0, 0.5), (1.0, 0.0), (0.0, 1.0), (math.inf, 1.0)]
)
def test_disparate_impact_is_even_at_one(value: float, distance: float) -> None:
    assert Figure("DI", value).distance == distance


def test_the_sentence_of_a_disparate_impact() -> None:
    report = measured(table([10, 30, 10, 50, 25, 10, 10, 5]), positive=["y"])
    (violation,) = report.beyond({"DI": 0.2})
    assert violation.sentence == (
        "DI of side = d for the class y is 0.3750, and 0.8 to 1.25 is allowed"
    )


def test_neighbours_by_columns_of_numbers() -> None:
    columns: dict[str, list[Any]] = {
        "side": ["a", "a", "d", "d"],
        "label": list("nyny"),
        "said": ["n", "y", "n", "n"],
        "x": [0, 10, 1, 9.5],
    }
    report = measured(columns, positive=["y"], features=["x"])
    flipped = figure(report.comparisons[0], "FT")
    assert (flipped.value, report.sample) == (-0.5, 4)
    assert figure(measured(columns).comparisons[0], "FT").error.startswith("there are no vectors")


def test_a_missing_number_keeps_a_row_out_of_the_flip_test_alone() -> None:
    columns: dict[str, list[Any]] = {
        "side": list("aadd"),
        "label": list("nyny"),
        "said": list("nynn"),
        "x": [0, 10, None, 9],
    }
    report = measured(columns, positive=["y"], features=["x"])
    assert (report.rows, report.sample) == (4, 3)
    assert figure(report.comparisons[0], "FT").value == -1


def test_features_that_are_no_numbers() -> None:
    columns: dict[str, list[Any]] = {
        "side": list("ad"),
        "label": list("ny"),
        "said": list("ny"),
        "x": ["0", "red"],
    }
    with pytest.raises(InvalidInputError, match="'x' holds 'red', which is no number"):
        measured(columns, features=["x"])


def test_a_sample_of_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "MOST_VECTORS", 50)
    draw = np.random.default_rng(1)
    columns: dict[str, list[Any]] = {
        "side": ["a", "d"] * 1000,
        "label": list("ny") * 1000,
        "said": list("nnyy") * 500,
        "x": draw.normal(size=2000).tolist(),
    }
    question = Question(
        label="label",
        predicted="said",
        facets=[Facet("side", values=("d",))],
        features=["x"],
    )
    counter = outcomes.OutcomeCounter(question)
    for start in range(0, 2000, 128):
        counter.add({name: values[start : start + 128] for name, values in columns.items()})
    found = counter.outcomes()
    assert (found.rows, found.sample) == (2000, 50)
    near = found.contrasts[0].neighbours
    assert near is not None
    assert 10 < len(near.predicted_d) < 40
    kept = sorted(float(row.vector[0]) for row in counter._sample.rows)
    assert len(set(kept) & set(columns["x"][:50])) < 10  # not the first rows


def test_the_labels_of_predictions_that_are_right() -> None:
    """Where every prediction is right, predictions differ as labels do."""
    columns = table([20, 0, 0, 40, 30, 0, 0, 10])
    after = measured(columns, positive=["y"], group="side").comparisons[0]
    before = measure_bias(
        columns, label="label", facets=[Facet("side", values=("d",))], positive=["y"],
        group="side",
    ).comparisons[0]  # fmt: skip
    for name, same in {"DPPL": "DPL", "CDDPL": "CDDL"}.items():
        assert figure(after, name).value == figure(before, same).value
        assert figure(after, name).interval == figure(before, same).interval
    for name in ("AD", "RD", "SD", "DAR", "DRR", "DCAcc", "DCR", "GE"):
        assert figure(after, name).value == 0


cells = st.lists(st.integers(0, 40), min_size=8, max_size=8).filter(
    lambda found: any(found[:4]) and any(found[4:]) and sum(map(bool, found)) > 3
)


@settings(max_examples=30)
@given(cells)
def test_what_always_holds(found: Cells) -> None:
    report = measured(table(found), facets=["side"])
    for one in report.comparisons:
        for each in one.figures:
            if each.interval is not None:
                assert each.value is not None
                assert each.interval[0] <= each.value + 1e-12
                assert each.value - 1e-12 <= each.interval[1]
            if each.p_value is not None:
                assert each.adjusted is not None
                assert 0 <= each.p_value <= each.adjusted + 1e-12 <= 1 + 1e-12
                assert each.is_measured


@settings(max_examples=30)
@given(cells)
def test_swapping_the_facets(found: Cells) -> None:
    if len({*table(found)["label"], *table(found)["said"]}) < 2:
        return
    a, d = measured(table(found), facets=["side"], positive=["y"]).comparisons
    for each in a.figures:
        other = figure(d, each.name)
        if each.name in ("DI", "FT", "CDDPL") or each.value is None or other.value is None:
            continue
        assert each.value == (other.value if each.name == "GE" else -other.value)
        assert each.p_value == pytest.approx(other.p_value)
