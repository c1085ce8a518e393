"""Everything that a run makes lies in its output folder."""

from pathlib import Path

import pytest

from pipeline.layout import OutputLayout, output_layout


def test_all_places_are_below_the_root_and_differ() -> None:
    layout = OutputLayout(Path("out"))
    names = [name for name, value in vars(OutputLayout).items() if isinstance(value, property)]
    places = [getattr(layout, name) for name in names] + [layout.log("r1")]
    assert len(set(places)) == len(names) + 1 == 9
    assert all(layout.root in place.parents for place in places)


def test_each_run_has_its_own_log() -> None:
    assert OutputLayout(Path("out")).log("r1") == Path("out/logs/r1.log")


def test_output_layout_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert output_layout("out").root == tmp_path / "out"
    assert output_layout("/elsewhere").root == Path("/elsewhere")
