"""The list of sections, and what it takes to add one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader, PackageLoader

from pipeline.graph.catalogue.order import catalogue as nodes
from pipeline.metadata.records import ArtifactRecord
from pipeline.report.collect import collect_report
from pipeline.report.data import ReportData
from pipeline.report.pages import rendering
from pipeline.report.pages.fragment import show_section
from pipeline.report.pages.report import render_report
from pipeline.report.reading.sources import Sources
from pipeline.report.section import OutputSection, RunSection, Section
from pipeline.report.sections import catalogue
from tests.pipeline.report.artifacts import compiled_graph, config, records, run_summary
from tests.pipeline.report.pages.test_report import outline

TEMPLATE = '<p class="lead">{{ louder(harvest) }}</p>'

Add = Callable[[Section[Any]], None]


def name_artifact(made: ArtifactRecord, _: Sources) -> str:
    return f"artifact {made.id} <b>"


def refuse(made: ArtifactRecord, _: Sources) -> str:
    raise KeyError(made.id)


def harvest(
    node: str = "StatisticsGen",
    output: str = "statistics",
    read: Callable[[ArtifactRecord, Sources], str] = name_artifact,
    setting: str | None = None,
) -> Section[str]:
    """A section of the kind that a new node brings."""
    return OutputSection(
        name="harvest",
        title="Harvest",
        node=node,
        output=output,
        read=read,
        setting=setting,
        helpers={"louder": str.upper},
    )


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Add:
    """Add a section by what it takes: an entry in the list and a template."""

    def add_section(section: Section[Any]) -> None:
        monkeypatch.setattr(catalogue, "SECTIONS", (*catalogue.SECTIONS, section))
        template = DictLoader({section.template: TEMPLATE})
        monkeypatch.setattr(
            rendering, "PackageLoader", lambda name: ChoiceLoader([template, PackageLoader(name)])
        )

    return add_section


def report(root: Path) -> ReportData:
    """The report of a run that stopped at Transform."""
    return collect_report(run_summary("Transform"), records(root), compiled_graph(), config(root))


def test_names_and_links_are_unique() -> None:
    names = [section.name for section in catalogue.SECTIONS]
    links = [section.link for section in catalogue.SECTIONS]
    assert len(set(names)) == len(names)
    assert len(set(links)) == len(links)


@pytest.mark.parametrize("section", catalogue.SECTIONS, ids=lambda section: str(section.name))
def test_every_section_has_a_template_and_a_node_of_the_graph(section: Section[Any]) -> None:
    assert rendering.environment().get_template(section.template)
    assert section.node is None or section.node in nodes()


def test_every_file_of_a_section_is_in_the_list() -> None:
    folder = Path(str(catalogue.__file__)).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "catalogue"}
    assert files == {section.name for section in catalogue.SECTIONS}


def test_one_entry_adds_a_section_to_data_navigation_and_page(tmp_path: Path, add: Add) -> None:
    section = harvest()
    add(section)
    found = report(tmp_path)
    html = render_report(found)
    assert found.value(section) == "artifact 2 <b>"
    assert html.count('<a href="#harvest">Harvest</a>') == 1
    assert '<section id="harvest" aria-labelledby="harvest-title">' in html
    assert '<h2 id="harvest-title">Harvest</h2>' in html
    assert '<p class="lead">ARTIFACT 2 &lt;B&gt;</p>' in html
    assert not outline(html).wrong
    assert "ARTIFACT 2" in show_section(section, found).body


@pytest.mark.parametrize(
    ("section", "note"),
    [
        (harvest("Pusher", "crop"), "Pusher did not run, because the run stopped at Transform."),
        (harvest("Transform", "crop"), "Transform failed, so there is nothing to show here"),
        (harvest("Reaper", "crop"), "The graph of this run has no Reaper."),
        (harvest(read=refuse), "(artifact #2) cannot be read: KeyError"),
        (
            RunSection(name="harvest", title="Harvest", read=lambda _: 1 // 0),
            "This section cannot be made: ZeroDivisionError",
        ),
    ],
    ids=["not reached", "failed", "not in the graph", "broken", "cannot be made"],
)
def test_what_cannot_be_read_is_a_note_and_hides_nothing_else(
    tmp_path: Path, add: Add, section: Section[Any], note: str
) -> None:
    before = report(tmp_path / "before")
    add(section)
    found = report(tmp_path / "after")
    assert found.value(section) is None
    assert note in found.notes["harvest"]
    others = {name: value for name, value in found.sections.items() if name != "harvest"}
    assert list(others) == list(before.sections)
    for name in ("graph", "verdict", "data", "anomalies", "environment"):
        assert others[name] == before.sections[name]
    html = render_report(found)
    assert note in outline(html).text
    assert '<a href="#harvest">Harvest</a>' in html
    assert 'class="lead">ARTIFACT' not in html


def test_a_section_whose_node_can_be_switched_off_is_left_out(tmp_path: Path, add: Add) -> None:
    section = harvest("Reaper", "crop", setting="reap.enabled=true")
    add(section)
    found = report(tmp_path)
    assert "harvest" not in found.sections
    assert "harvest" not in found.notes
    assert "harvest" not in render_report(found).lower()


def test_a_section_that_others_ask_for_is_read_once(tmp_path: Path, add: Add) -> None:
    asked: list[int] = []

    def read(made: ArtifactRecord, _: Sources) -> str:
        asked.append(made.id)
        return "once"

    section = harvest(read=read)
    add(section)
    add(RunSection(name="echo", title="Echo", read=section.collect, helpers={"louder": str}))
    found = report(tmp_path)
    assert asked == [2]
    assert found.sections["echo"] == "once"
