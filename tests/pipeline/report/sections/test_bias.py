"""The section of the bias: what it shows, and that nothing of it is markup."""

import json
import re
from typing import Any

import pytest

from bert_aas.bias.analysis import analysis
from bert_aas.bias.measuring import measure_bias
from bert_aas.bias.questions import Facet
from pipeline.report.charts.differences import MOST_ROWS, Difference, differences
from pipeline.report.pages.fragment import show_section
from pipeline.report.sections.bias import SECTION, Bias, read_bias
from tests.bert_aas.bias.admissions import rows
from tests.pipeline.report.sample import changed, full_report


def found(limits: dict[str, float] | None = None, **arguments: Any) -> Bias:
    given: dict[str, Any] = {"label": "admitted", "facets": ["sex"], "group": "department"}
    report = measure_bias(rows(), **(given | arguments))
    return read_bias(json.loads(json.dumps(analysis(report, limits))))


def shown(bias: Bias) -> str:
    body = show_section(SECTION, changed(full_report(), bias=bias)).body
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def test_the_largest_difference_in_a_sentence() -> None:
    assert found(positive=["yes"]).verdict == (
        "2 of 2 comparisons differ by more than chance explains. The largest is sex = f: 30.4 % of "
        "its rows have the class yes, and 44.5 % of the rest."
    )


def test_the_sentence_prefers_a_class_to_all_of_them() -> None:
    table = {
        "stars": [1, 2, 3] * 40 + [1] * 72 + [2] * 30 + [3] * 18,
        "shop": ["x"] * 120 + ["y"] * 120,
    }
    report = measure_bias(table, label="stars", facets=[Facet("shop", values=("y",))])
    assert read_bias(analysis(report)).verdict.endswith(
        "The largest is shop = y: 60.0 % of its rows have the class 1, and 33.3 % of the rest."
    )


def test_nothing_but_chance() -> None:
    table = {"sex": ["f", "m"] * 40, "admitted": ["yes", "yes", "no", "no"] * 20}
    report = measure_bias(table, label="admitted", facets=["sex"])
    assert read_bias(analysis(report, {"DPL": 0.2})).verdict == (
        "No group differs from the rest by more than chance explains, and every figure is within "
        "its limit (DPL 0.2)."
    )


def test_a_limit_that_does_not_hold() -> None:
    bias = found({"DPL": 0.1}, positive=["yes"])
    assert bias.is_beyond
    assert bias.verdict == (
        "DPL of sex = f for the class yes is 0.1416, and at most 0.1 is allowed (1 more beyond "
        "their limits)."
    )
    (women, _) = bias.facets[0].rows
    assert women.cells["DPL"].is_beyond
    assert not women.cells["KL"].is_beyond


def test_the_mirror_of_two_classes_is_left_out() -> None:
    bias = found()
    assert bias.mirrored == "no"
    assert [(row.value, row.positive) for row in bias.facets[0].rows] == [
        ("f", "yes"),
        ("m", "yes"),
    ]


def test_all_classes_have_a_row_of_their_own() -> None:
    table = {"stars": [1, 2, 3] * 20, "shop": list("xyxyxy") * 10}
    bias = read_bias(analysis(measure_bias(table, label="stars", facets=["shop"])))
    assert [row.positive for row in bias.facets[0].groups[0]] == ["1", "2", "3", ""]
    assert [one.name for one in bias.facets[0].drawn][:2] == ["x · 1", "x · 2"]
    assert bias.metrics[-1] == "KS"  # no groups, no CDDL


def test_the_page() -> None:
    text = shown(found({"DPL": 0.1}, facets=["sex", Facet("department", values=("A",))]))
    for piece in (
        "✗ DPL of department = A for the class yes is -0.3230",
        "4,526 rows: each group against all other rows, by their admitted .",
        "the figures of no mirror those of the other",
        "CDDL compares within the groups of department .",
        "By sex",
        "30.4 %",
        "-0.019 -0.052 … 0.013",
        "all 3 tests of this section",
        "Limits: DPL 0.1 .",
    ):
        assert piece in text


def test_what_is_infinite_and_what_has_too_few_rows() -> None:
    table = {"sex": ["f", "f", "m", "m"], "admitted": ["no", "no", "no", "yes"]}
    text = shown(read_bias(analysis(measure_bias(table, label="admitted", facets=["sex"]))))
    assert "∞" in text
    assert "few rows" in text


def test_nothing_is_markup() -> None:
    table = {"<i>a</i>": ["<b>x</b>", "y"] * 30, "admitted": ["<u>no</u>", "no", "no", "no"] * 15}
    bias = read_bias(analysis(measure_bias(table, label="admitted", facets=["<i>a</i>"])))
    body = str(show_section(SECTION, changed(full_report(), bias=bias)).body)
    assert not re.search("<[ibu]>", body)
    assert "&lt;b&gt;x&lt;/b&gt;" in body


def test_a_chart_of_many_groups_keeps_the_largest() -> None:
    many = [Difference(f"g{place}", place / 100, 0, 1, 9, False) for place in range(MOST_ROWS + 5)]
    chart = str(differences(many, None))
    assert "g4 " not in chart
    assert all(f"g{place} " in chart for place in range(5, MOST_ROWS + 5))


def test_nothing_is_less_than_zero_by_rounding() -> None:
    assert "x +0.000" in str(differences([Difference("x", -0.0001, -0.1, 0.1, 9, False)], None))


@pytest.mark.parametrize("limit", [None, 0.3])
def test_the_band_of_a_limit(limit: float | None) -> None:
    chart = str(differences([Difference("x", 0.1, 0.05, 0.2, 9, True)], limit))
    assert ("track-good" in chart) is (limit is not None)
    assert 'class="series-1"' in chart
