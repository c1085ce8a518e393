import hashlib
import os
from pathlib import Path

import pytest

from bert_aas.tables.sources import SourceFile
from components.example_gen import fingerprint as module
from components.example_gen.fingerprint import content_fingerprint
from components.example_gen.reading.sources import find_files
from tests.components.example_gen.tables import params_for


def fingerprint(path: Path) -> str:
    return content_fingerprint(find_files(params_for(path)))


def test_it_is_the_sha256_of_names_and_digests(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x")
    entry = f"a.csv\0{hashlib.sha256(b'x').hexdigest()}\n"
    assert fingerprint(tmp_path) == hashlib.sha256(entry.encode()).hexdigest()


def test_a_touched_file_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    before = fingerprint(path)
    os.utime(path, (1, 1))
    assert fingerprint(path) == before


def test_a_changed_renamed_or_added_file_changes_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    seen = {fingerprint(tmp_path)}
    path.write_bytes(b"y")
    seen.add(fingerprint(tmp_path))
    path = path.rename(tmp_path / "b.csv")
    seen.add(fingerprint(tmp_path))
    (tmp_path / "c.csv").write_bytes(b"")
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 4


def test_one_process_reads_a_settled_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLED_S", 0.0)
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    before = fingerprint(path)
    monkeypatch.setattr(module, "open_stored", lambda _: pytest.fail("read again"))
    assert fingerprint(path) == before


def test_a_file_changed_a_moment_ago_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLED_S", float("inf"))
    path = tmp_path / "a.csv"
    path.write_bytes(b"x")
    before = fingerprint(path)
    monkeypatch.setattr(module, "_hash", lambda _: "read again")
    assert fingerprint(path) != before


def test_another_file_of_the_same_size_and_time_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLED_S", 0.0)
    path, other = tmp_path / "a.csv", tmp_path / "other"
    for file, content in ((path, b"x"), (other, b"y")):
        file.write_bytes(content)
        os.utime(file, (1, 1))
    before = fingerprint(path)
    other.replace(path)
    assert fingerprint(path) != before


def test_a_remote_file_goes_by_path_size_and_time() -> None:
    files = [
        SourceFile("mem://box/a.csv", "a.csv", "csv", size, time)
        for size, time in ((1, 1.0), (2, 1.0), (1, 2.0))
    ]
    assert len({content_fingerprint([file]) for file in files}) == 3
