import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from components.example_gen import fingerprint, kept_summary
from components.example_gen.kept_summary import inspect_once
from components.example_gen.params import DataParams, SplitFractions
from components.example_gen.preflight import inspect
from tests.components.example_gen.tables import csv_text, params_for, reviews, write_table


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[DataParams]:
    """The calls that parse the data."""
    calls: list[DataParams] = []

    def counted(params: DataParams) -> object:
        calls.append(params)
        return inspect(params)

    monkeypatch.setattr(kept_summary, "inspect", counted)
    return calls


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tables count as files that nobody has touched for long."""
    monkeypatch.setattr(fingerprint, "SETTLED_S", 0.0)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of three classes."""
    return write_table(tmp_path, "csv", reviews(60))


def replace_text(path: Path, old: str, new: str) -> None:
    """Put another file in a file's place: as long, and as old."""
    state = path.stat()
    aside = path.with_suffix(".new")
    aside.write_text(path.read_text().replace(old, new))
    os.utime(aside, ns=(state.st_atime_ns, state.st_mtime_ns))
    aside.replace(path)


def test_the_same_data_are_parsed_once(
    table: Path, tmp_path: Path, parsed: list[DataParams]
) -> None:
    params, place = params_for(table), tmp_path / "output" / "kept.json"
    first = inspect_once(params, place)
    again = inspect_once(params, place)
    assert again == first == inspect(params)
    assert first.rows == 60
    assert len(parsed) == 1


def test_a_touched_file_is_not_parsed_again(
    table: Path, tmp_path: Path, parsed: list[DataParams]
) -> None:
    inspect_once(params_for(table), tmp_path / "kept.json")
    os.utime(table)
    inspect_once(params_for(table), tmp_path / "kept.json")
    assert len(parsed) == 1


def test_notices_are_kept(tmp_path: Path, parsed: list[DataParams]) -> None:
    table = tmp_path / "reviews.csv"
    table.write_bytes(csv_text(reviews(60), ";").encode())
    params = params_for(table)
    first = inspect_once(params, tmp_path / "kept.json")
    assert first.notices
    assert inspect_once(params, tmp_path / "kept.json").notices == first.notices
    assert len(parsed) == 1


def test_changed_content_of_the_same_size_and_time_is_parsed(table: Path, tmp_path: Path) -> None:
    params, place = params_for(table), tmp_path / "kept.json"
    before = inspect_once(params, place)
    replace_text(table, '"-1"', '"+1"')
    after = inspect_once(params, place)
    assert "-1" in before.labels.counts
    assert after.labels.counts == {"+1": 20, "0": 20, "1": 20}


def test_refused_data_are_refused_each_time(
    table: Path, tmp_path: Path, parsed: list[DataParams]
) -> None:
    place = tmp_path / "kept.json"
    inspect_once(params_for(table), place)
    table.write_text("text,label\nonly,one\n")
    for _ in range(2):
        with pytest.raises(InvalidInputError, match="at least 10"):
            inspect_once(params_for(table), place)
    assert len(parsed) == 3


def test_an_added_file_is_parsed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    first = write_table(folder, "csv", reviews(60))
    params, place = params_for(folder), tmp_path / "kept.json"
    inspect_once(params, place)
    (folder / "more.csv").write_bytes(first.read_bytes())
    assert inspect_once(params, place).rows == 120


def test_other_settings_are_looked_at_anew(
    table: Path, tmp_path: Path, parsed: list[DataParams]
) -> None:
    place = tmp_path / "kept.json"
    inspect_once(params_for(table), place)
    halves = SplitFractions(train=0.5, eval=0.25, test=0.25)
    other = params_for(table).model_copy(update={"splits": halves})
    assert inspect_once(other, place) == inspect(other)
    assert len(parsed) == 2


@pytest.mark.parametrize(
    "damage",
    [lambda text: text[: len(text) // 2], lambda text: "", lambda text: text.replace("rows", "r")],
)
def test_a_damaged_file_is_made_again(
    damage: Callable[[str], str], table: Path, tmp_path: Path, parsed: list[DataParams]
) -> None:
    place = tmp_path / "kept.json"
    inspect_once(params_for(table), place)
    sound = place.read_text()
    place.write_text(damage(sound))
    inspect_once(params_for(table), place)
    assert len(parsed) == 2
    assert place.read_text() == sound


def test_other_code_reads_the_data_anew(
    table: Path, tmp_path: Path, parsed: list[DataParams], monkeypatch: pytest.MonkeyPatch
) -> None:
    inspect_once(params_for(table), tmp_path / "kept.json")
    monkeypatch.setattr(kept_summary, "hash_files", lambda *_: "other code")
    inspect_once(params_for(table), tmp_path / "kept.json")
    assert len(parsed) == 2


def test_data_that_change_while_they_are_parsed_are_not_kept(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disturbed(params: DataParams) -> object:
        found = inspect(params)
        replace_text(table, '"-1"', '"+1"')
        return found

    monkeypatch.setattr(kept_summary, "inspect", disturbed)
    assert "-1" in inspect_once(params_for(table), tmp_path / "kept.json").labels.counts
    monkeypatch.undo()
    assert "-1" not in inspect_once(params_for(table), tmp_path / "kept.json").labels.counts


def test_data_written_a_moment_ago_are_not_kept(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "SETTLED_S", float("inf"))
    inspect_once(params_for(table), tmp_path / "kept.json")
    assert not (tmp_path / "kept.json").exists()


def test_a_place_that_cannot_be_written_is_no_reason_to_fail(table: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert inspect_once(params_for(table), tmp_path / "file" / "kept.json").rows == 60
