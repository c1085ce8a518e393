import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.report.pages.fragment import Fragment, render_template, show_section
from pipeline.report.section import Section
from pipeline.report.sections import catalogue, data, evaluation, graph, training, tuner
from tests.pipeline.report.pages.test_report import outline
from tests.pipeline.report.sample import full_report, stopped_report


@pytest.mark.parametrize("section", catalogue.SECTIONS, ids=lambda section: str(section.name))
def test_a_section_stands_alone(section: Section[Any]) -> None:
    html = show_section(section, full_report()).html()
    found = outline(html)
    assert not found.open
    assert not found.wrong
    assert not [link for link in found.hrefs if not link.startswith("#")]
    assert "script" not in found.tags


def test_a_section_shows_what_the_report_shows() -> None:
    assert "0.832" in show_section(evaluation.SECTION, full_report()).body
    assert "<svg" in show_section(training.SECTION, full_report()).body


def test_a_section_that_is_missing_says_why() -> None:
    assert "did not run" in show_section(evaluation.SECTION, stopped_report()).body


def test_the_style_stays_inside() -> None:
    style = re.search(
        r"<style>(.*?)</style>", show_section(graph.SECTION, full_report()).html(), re.S
    )
    assert style
    css = re.sub(r"/\*.*?\*/", "", style[1], flags=re.S).strip()
    depth, outside = 0, ""
    for character in css:
        if depth == 0 and character not in "{}":
            outside += character
        depth += {"{": 1, "}": -1}.get(character, 0)
    assert depth == 0
    assert outside.strip() == ".bert-aas.bert-aas.bert-aas"
    assert ":root" not in css


def test_values_are_escaped() -> None:
    fragment = render_template("pages/outputs.html.j2", '<b "x">', rows=[], run_id="<i>")
    assert "&lt;i&gt;" in fragment.body
    assert 'aria-label="&lt;b &quot;x&quot;&gt;"' in fragment.html()


def test_a_page_of_its_own(tmp_path: Path) -> None:
    fragment = show_section(data.SECTION, full_report())
    path = tmp_path / "new" / "page.html"
    fragment.write(path)
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert fragment.html() in page
    assert [entry.name for entry in path.parent.iterdir()] == ["page.html"]


def test_notebooks_show_the_html_and_terminals_the_title() -> None:
    fragment = Fragment("Data", show_section(data.SECTION, full_report()).body)
    assert fragment._repr_html_() == fragment.html()
    assert repr(fragment) == "<Fragment: Data>"


def test_a_section_that_the_report_lacks_is_empty() -> None:
    assert not show_section(tuner.SECTION, stopped_report()).body
