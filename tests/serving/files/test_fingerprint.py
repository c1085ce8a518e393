import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from serving.files import fingerprint as module
from serving.files.fingerprint import fingerprint
from tests.serving.version_folders import add_version


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = add_version(tmp_path, 1)
    (made / "variables").mkdir()
    (made / "variables" / "variables.index").write_text("x")
    (made / "assets").mkdir()
    return made


def names(folder: Path) -> list[str]:
    return [entry.name for entry in fingerprint(folder).entries]


def rewrite_with_the_old_time(folder: Path) -> None:
    file = folder / "saved_model.pb"
    before = file.stat()
    file.write_text("evil")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "assets" / "vocab").write_text("x"),
        lambda folder: (folder / "variables" / "variables.index").unlink(),
        lambda folder: (folder / "variables" / "variables.index").write_text("xx"),
        lambda folder: (folder / "saved_model.pb").chmod(0),
        lambda folder: (folder / "variables").chmod(0),
        lambda folder: folder.chmod(0o700),
        lambda folder: (folder / "assets" / "vocab").symlink_to("nowhere"),
        rewrite_with_the_old_time,
    ],
)
def test_it_follows_changes(folder: Path, change: Callable[[Path], object]) -> None:
    before = fingerprint(folder)
    assert fingerprint(folder) == before
    change(folder)
    assert fingerprint(folder) != before


def test_rights_that_come_back_are_a_change_too(folder: Path) -> None:
    before = fingerprint(folder)
    (folder / "saved_model.pb").chmod(0)
    (folder / "saved_model.pb").chmod(before.entries[-3].mode & 0o777)
    assert fingerprint(folder) != before


def test_what_cannot_be_looked_at_is_an_entry(folder: Path) -> None:
    (folder / "assets" / "gone").symlink_to("nowhere")
    (folder / "assets" / "loop").symlink_to("loop")
    errors = {entry.name: entry.error for entry in fingerprint(folder).entries if entry.error}
    assert errors == {"assets/gone": errno.ENOENT, "assets/loop": errno.ELOOP}


def test_a_folder_that_cannot_be_listed_is_an_entry(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> list[str]:
        if path.endswith("variables"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return os.listdir(path)  # noqa: PTH208 - what is tested calls it

    class System:
        stat = staticmethod(os.stat)
        listdir = staticmethod(refuse)

    monkeypatch.setattr(module, "os", System)  # root may list everything
    found = fingerprint(folder)
    assert found.has_errors
    assert [(entry.name, entry.error) for entry in found.entries if entry.error] == [
        ("variables", errno.EACCES)
    ]
    monkeypatch.undo()
    assert fingerprint(folder) != found


def test_links_to_folders_are_followed_and_circles_end(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "model.xml").write_text("x")
    (folder / "assets" / "up").symlink_to("..")
    (folder / "assets.extra").symlink_to(tmp_path / "shared")
    assert "assets.extra/model.xml" in names(folder)
    assert [name for name in names(folder) if name.startswith("assets/up/")] == []


def test_a_link_to_a_whole_disk_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_ENTRIES", 50)
    (folder / "assets" / "disk").symlink_to("/")
    assert len(fingerprint(folder).entries) == 50


def test_a_link_that_is_the_folder(folder: Path) -> None:
    link = folder.with_name("2")
    link.symlink_to("1")
    assert fingerprint(link) == fingerprint(folder)


@pytest.mark.parametrize("kind", ["gone", "dangling"])
def test_a_folder_that_is_not_there(tmp_path: Path, kind: str) -> None:
    if kind == "dangling":
        (tmp_path / kind).symlink_to("nowhere")
    (entry,) = fingerprint(tmp_path / kind).entries
    assert (entry.name, entry.error) == ("", errno.ENOENT)


def test_a_graph_is_a_file(tmp_path: Path) -> None:
    folder = add_version(tmp_path, 1)
    assert fingerprint(folder).has_graph
    (folder / "saved_model.pb").unlink()
    assert not fingerprint(folder).has_graph
    (folder / "saved_model.pb").mkdir()
    assert not fingerprint(folder).has_graph


def test_without_a_graph_everything_counts(folder: Path) -> None:
    (folder / ".saved_model.pb.x7a").write_text("half")
    assert ".saved_model.pb.x7a" not in names(folder)
    (folder / "saved_model.pb").unlink()
    assert ".saved_model.pb.x7a" in names(folder)


def test_news_are_files_that_have_come_or_were_written(folder: Path) -> None:
    before = fingerprint(folder)
    (folder / "variables" / "variables.index").chmod(0)
    (folder / "assets.extra").mkdir()
    assert fingerprint(folder).news(before) == []
    (folder / "assets.extra" / "manifest.json").write_text("{}")
    (folder / "saved_model.pb").write_text("another")
    (folder / "variables" / "variables.index").unlink()
    assert fingerprint(folder).news(before) == ["assets.extra/manifest.json", "saved_model.pb"]
