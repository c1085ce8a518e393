"""Everything that a run makes lies in its output folder."""

from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute, is_remote
from pipeline.config.layout import OutputLayout, layout_here, output_layout


def test_all_places_are_below_the_root_and_differ() -> None:
    layout = OutputLayout("out")
    names = [name for name, value in vars(OutputLayout).items() if isinstance(value, property)]
    places = [getattr(layout, name) for name in names] + [layout.log("r1")]
    assert len({str(place) for place in places}) == len(names) + 1 == 11
    assert all(str(place).startswith("out/") for place in places)


def test_each_run_has_its_own_log() -> None:
    assert OutputLayout("out").log("r1") == Path("out/logs/r1.log")


def test_output_layout_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert output_layout("out").root == str(tmp_path / "out")
    assert output_layout("/elsewhere").root == "/elsewhere"


def test_a_uri_stays_as_it_is() -> None:
    assert output_layout("gs://bucket/run/").serving_model == "gs://bucket/run/serving_model"


def test_a_run_on_this_machine_makes_its_folder_and_refuses_another_one(tmp_path: Path) -> None:
    assert layout_here(str(tmp_path / "a" / "b")).root == str(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    with pytest.raises(InvalidInputError, match="`output_dir` is gs://bucket/run, but a run on"):
        layout_here("gs://bucket/run/")


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert absolute("~/runs") == "/home/ann/runs"


@pytest.mark.parametrize(
    ("locations", "expected"),
    [(["gs://b/x"], True), (["/data/x", None, "s3://b/x"], True), (["/data/x", None], False)],
)
def test_addresses_are_remote(locations: list[str | None], expected: bool) -> None:
    assert is_remote(*locations) is expected
