"""The catalogue's file, and the files of its tables."""

import contextlib
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from bert_aas.catalogue import store
from bert_aas.catalogue.store import Catalogue
from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files import atomic
from tests.bert_aas.catalogue.projects import add, ask, catalogue_in


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("a\n1\n")
    add(tmp_path, "rows", "data")
    return tmp_path


def test_nothing_is_there_before_the_first_table(tmp_path: Path) -> None:
    assert catalogue_in(tmp_path).tables() == {}
    assert not (tmp_path / ".bert-aas").exists()


def test_a_project_may_move(project: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(project / "data", moved / "data")
    shutil.move(project / ".bert-aas", moved)
    assert ask(moved, "SELECT a FROM rows") == [(1,)]


def test_a_table_that_is_removed_is_gone(project: Path) -> None:
    catalogue_in(project).remove("ROWS")
    assert not catalogue_in(project).tables()
    with pytest.raises(InvalidInputError, match="has no table rows"):
        catalogue_in(project).remove("rows")
    with pytest.raises(InvalidInputError, match="has no table rows"):
        catalogue_in(project).find("rows")


def test_the_same_content_is_no_change(project: Path) -> None:
    os.utime(project / "data" / "a.csv", (1, 1))
    assert ask(project, "SELECT a FROM rows") == [(1,)]


def test_what_changed_is_one_sentence(project: Path) -> None:
    file = project / "data" / "a.csv"
    file.write_text("a\n2\n")
    with pytest.raises(InvalidInputError, match=r"data/a\.csv has changed since .* --replace"):
        ask(project, "SELECT a FROM rows")
    file.write_text("a\n1\n")
    (project / "data" / "b.csv").write_text("a\n1\n")
    with pytest.raises(InvalidInputError, match=r"b\.csv is new since it was added"):
        ask(project, "SELECT a FROM rows")
    file.rename(project / "data" / "b.csv")
    with pytest.raises(InvalidInputError, match=r"data/a\.csv is gone since it was added"):
        ask(project, "SELECT a FROM rows")
    shutil.rmtree(project / "data")
    with pytest.raises(InvalidInputError, match="the table rows: data is gone since it was added"):
        ask(project, "SELECT a FROM rows")


@pytest.mark.parametrize("content", ["", "{", '{"tables": [{"name": "x"}]}', '{"later": 1}'])
def test_a_damaged_file_is_refused(project: Path, content: str) -> None:
    catalogue_in(project).file.write_text(content)
    with pytest.raises(InvalidInputError, match="is damaged, or a later release wrote it"):
        catalogue_in(project).tables()
    with pytest.raises(InvalidInputError, match="is damaged"):
        catalogue_in(project).remove("rows")
    assert catalogue_in(project).file.read_text() == content


def test_a_failed_write_leaves_the_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalogue_in(project).file.read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InvalidInputError, match="cannot be written: No space left"):
        catalogue_in(project).remove("rows")
    assert catalogue_in(project).file.read_text() == before
    assert sorted(path.name for path in (project / ".bert-aas").iterdir()) == ["catalog.json"]


def test_writers_wait_for_each_other(project: Path) -> None:
    """Eight processes add a table each; none is lost."""
    names = [f"rows_{number}" for number in range(8)]
    with get_context("spawn").Pool(4) as pool:
        pool.starmap(add, [(project, name, "data") for name in names])
    assert len(catalogue_in(project).tables()) == 9


def test_no_writer_reads_before_the_other_has_written(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a lock, both would meet before they write, and one table would be lost."""
    meeting = threading.Barrier(2)
    write_text = atomic.write_text

    def write_after_a_meeting(*arguments: Any) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(1)
        write_text(*arguments)

    monkeypatch.setattr(store, "write_text", write_after_a_meeting)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: add(project, name, "data"), ("first", "second")))
    names = [entry.name for entry in catalogue_in(project).tables().values()]
    assert names == ["first", "rows", "second"]


def test_the_default_folder_is_the_projects(tmp_path: Path) -> None:
    assert catalogue_in(tmp_path).project == tmp_path
    assert Catalogue(tmp_path / "mine.json").project == tmp_path
