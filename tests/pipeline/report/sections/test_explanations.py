"""The section of the explanations: what it shows, and that nothing of it is markup."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from bert_aas.contracts.plain_text import printable_json
from bert_aas.explanations.explained import ExplainedRow
from bert_aas.explanations.summary import Asked, as_json, explanations
from pipeline.report.charts.explanations import CurvePoint, WordBar, deletion_curve, word_bars
from pipeline.report.pages.fragment import show_section
from pipeline.report.sections.explanations import SECTION, Words, read_explanations
from tests.bert_aas.explanations.explained_rows import random_rows
from tests.bert_aas.explanations.test_deletion import (
    Scores,
    deletion_test,
    random_scores,
    true_scores,
)
from tests.pipeline.report.sample import changed, full_report


def found(
    rows: list[ExplainedRow] | None = None, scores: Scores = true_scores, **fields: Any
) -> Words:
    given: dict[str, Any] = {
        "split": "eval",
        "classes": ("good", "fine", "bad"),
        "texts": ("text",),
        "seen": {"good": 1200, "bad": 34},
        "steps": 64,
        "min_rows": 5,
        "top_words": 50,
    }
    some = random_rows(200, seed=1) if rows is None else rows
    told = as_json(explanations(Asked(**(given | fields)), some, deletion_test(scores)))
    return read_explanations(json.loads(printable_json(told)))


def body(words: Words) -> str:
    return str(show_section(SECTION, changed(full_report(), explanations=words)).body)


def shown(words: Words) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body(words)))


def test_the_page() -> None:
    text = shown(found())
    for piece in (
        "✓ Faithful: without the 3 words that have the highest figures",
        "over 200 of the 1,234 rows of the eval split",
        "Words in fewer than 5 rows of a class are left out",
        "Predicted: bad",
        "Are the figures faithful?",
        "words left out",
        "Would other rows give the same words?",
        "By shop",
    ):
        assert piece in text
    assert text.index("Predicted: bad") < text.index("Predicted: fine")
    assert "miss their sum" not in text
    assert body(found()).count("<svg") == 4


def test_figures_that_are_not_faithful_are_no_good_news() -> None:
    words = found(scores=random_scores)
    assert words.kind == "bad"
    assert "✗ Not faithful: " in shown(words)


def test_rough_sums_are_pointed_out() -> None:
    rough = [replace(row, gap=0.2) for row in random_rows(20, seed=1)]
    assert "The figures of a row miss their sum by 0.200 on average" in shown(found(rough))


def test_few_rows_show_no_charts_of_words() -> None:
    words = found(random_rows(3, seed=1))
    text = shown(words)
    assert "Predicted: " not in text
    assert text.count("too few rows to tell") == 3
    assert "no word in enough rows" in text


def test_slices_are_in_natural_order() -> None:
    rows = [
        replace(row, slices={"shop": str(number % 12), "age": "x"})
        for number, row in enumerate(random_rows(120, seed=2))
    ]
    columns = found(rows).columns
    assert list(columns) == ["age", "shop"]
    values = dict.fromkeys(one.value for one in columns["shop"])
    assert list(values) == [str(number) for number in range(12)]


def test_nothing_is_markup() -> None:
    rows = [
        replace(row, words=("<b>x</b>",), scores=(0.5,), segments=(), slices={"<i>": "<u>y</u>"})
        for row in random_rows(60, seed=1)
    ]
    html = body(found(rows, classes=("good", "<s>fine</s>", "bad")))
    assert not re.search("<[biu]>|<s>", html)
    assert "&lt;b&gt;x&lt;/b&gt;" in html


def bars(html: str) -> list[tuple[str, str]]:
    """Colour and opacity of each bar."""
    return re.findall(r'<rect[^>]*class="(series-\d)"[^>]*fill-opacity="([\d.]+)"', html)


def test_colours_tell_for_from_against_and_chance() -> None:
    words = [
        WordBar("sure", 9, 0.3, 0.2, 0.4),
        WordBar("against", 8, -0.3, -0.4, -0.2),
        WordBar("perhaps", 7, 0.1, -0.2, 0.4),
    ]
    chart = str(word_bars(words, "good"))
    (first, strong), second, (third, pale) = bars(chart)
    assert (first, third) == ("series-0", "series-0")
    assert second == ("series-1", strong)
    assert float(pale) < float(strong)
    assert "against: -0.300 (-0.400 to -0.200), 8 rows" in chart
    assert "against ← good → for" in chart


@pytest.mark.parametrize("mean", [0.0, -0.0])
def test_a_word_that_does_nothing_has_no_sign(mean: float) -> None:
    assert "x +0.000" in str(word_bars([WordBar("x", 5, mean, mean, mean)], "good"))


def test_a_curve_of_a_row_without_intervals() -> None:
    nan = float("nan")
    chart = str(deletion_curve([CurvePoint(1, 1, (0.5, nan, nan), (-0.1, nan, nan))]))
    assert "nan" not in chart.lower()
    assert "1 words: +0.500, at random -0.100" in chart
    assert "without 1 of the random words: +0.100 (1 rows)" in chart
