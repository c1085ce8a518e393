"""Pictures of past runs."""

import dataclasses
import itertools
from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from bert_aas.contracts.errors import InvalidInputError
from pipeline.report.charts.comparison import metric_chart, runs_curve
from pipeline.report.pages.comparison import cell_text, cell_title, draw_comparison, draw_runs
from pipeline.runs.comparison import MOST_RUNS, Cell, Comparison, compare
from pipeline.runs.past_runs import PastRun


def elements(markup: Markup, css: str) -> list[ET.Element]:
    root = ET.fromstring(markup)  # noqa: S314 - our own markup
    assert root.get("aria-label")
    assert "nan" not in markup.lower()
    return [element for element in root.iter() if element.get("class") == css]


def test_the_list_has_a_row_per_run(runs: list[PastRun]) -> None:
    page = draw_runs(runs).html()
    for run in runs:
        assert f"<code>{run.id}</code>" in page
    assert page.count('title="/served/7">7</code>') == 2
    assert "✕</span> failed" in page
    assert '<th scope="col">Pipeline</th>' not in page


def test_the_list_names_pipelines_where_there_are_several(runs: list[PastRun]) -> None:
    page = draw_runs([runs[0], dataclasses.replace(runs[1], pipeline="<b>")]).html()
    assert "<td>reviews</td>" in page
    assert "<td>&lt;b&gt;</td>" in page


def test_all_parts_in_one_piece(comparison: Comparison) -> None:
    page = draw_comparison(comparison).html()
    for title in ("Runs", "Parameters that differ", "Metrics on the test split", "Where the runs"):
        assert f"<h3>{title}" in page
    assert "<code>train.epochs</code>" in page
    assert "shares ExampleGen with A and differs from it from Trainer on." in page


def test_one_part_alone(comparison: Comparison) -> None:
    page = draw_comparison(comparison, "lineage").html()
    assert "Where the runs part" in page
    assert "Parameters that differ" not in page
    assert "<svg" not in page


def test_runs_without_figures(runs: list[PastRun]) -> None:
    stopped = compare(runs[:2])
    assert "No run has figures that are still there." in draw_comparison(stopped, "curves").html()
    assert "No run has metrics" in draw_comparison(stopped, "metrics").html()
    assert "all runs were told the same" in draw_comparison(stopped, "parameters").html()


def test_an_unknown_part_is_refused(comparison: Comparison) -> None:
    with pytest.raises(InvalidInputError, match="no part curve; its parts are runs, parameters,"):
        draw_comparison(comparison, "lineage", "curve")


def test_a_line_per_run_that_ends_with_its_letter(comparison: Comparison) -> None:
    markup = runs_curve(comparison)
    for place, letter in enumerate("ABC"):
        assert len(elements(markup, f"run-line run-{place}")) == 1
        assert [e.text for e in elements(markup, f"run-label run-{place}")] == [letter]
    assert elements(markup, "run-line run-3") == []
    assert "C, epoch 2: 0.700" in markup


def test_letters_of_equal_curves_do_not_hide_each_other(runs: list[PastRun]) -> None:
    falling = dataclasses.replace(runs[-1], curve=((1, 0.7), (2, 0.5)))
    many = [dataclasses.replace(falling, id=str(number)) for number in range(MOST_RUNS)]
    markup = runs_curve(compare(many))
    heights = sorted(
        float(elements(markup, f"run-label run-{place}")[0].get("y", "0"))
        for place in range(MOST_RUNS)
    )
    gaps = [after - before for before, after in itertools.pairwise(heights)]
    assert min(gaps) >= 13.9
    assert heights[0] > 0
    assert heights[-1] < 220  # above the axis


def test_a_single_epoch_is_a_dot(runs: list[PastRun]) -> None:
    short = [dataclasses.replace(run, curve=((1, 0.5),)) for run in runs[-2:]]
    assert len(elements(runs_curve(compare(short)), "run-dot run-1")) == 1


def test_the_metric_chart_has_a_row_per_run_with_the_metric(comparison: Comparison) -> None:
    markup = metric_chart(comparison, "accuracy")
    assert len(elements(markup, "series-0")) == 3
    assert "0.750 (40 rows)" in markup


def test_cells() -> None:
    cell = Cell("executed", (("a", (5, 7)), ("b", (6, 9))), 0)
    assert cell_text(cell) == "#5\N{EN DASH}7, 9"
    assert cell_title(cell) == "executed: a #5, #7, b #6, #9"
    assert cell_text(Cell("executed")) == "found none"
    assert cell_text(Cell("failed")) == "✕ failed"
    assert cell_title(Cell("skipped")) == "skipped"
