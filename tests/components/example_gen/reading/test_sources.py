import io
from pathlib import Path
from typing import Any

import pytest
from apache_beam.io.filesystem import FileMetadata, MatchResult
from apache_beam.io.filesystems import FileSystems

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features.store import FeatureStore
from bert_aas.tables.sources import is_local
from components.example_gen.params import DataParams
from components.example_gen.preflight import inspect
from components.example_gen.reading.sources import find_files
from tests.bert_aas.features.records import day, write
from tests.components.example_gen.tables import csv_text, params_for, reviews

NAMES = (
    ".csv, .tsv, .jsonl, .ndjson, .parquet, .tfrecord (.gz, .bz2 or .zip after it if compressed)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.csv", "a.csv.gz", "c.jsonl", ".hidden.csv", "_SUCCESS", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "d.csv").touch()
    return tmp_path


def names(path: Path | str, **changes: str) -> list[str]:
    return [source.name for source in find_files(params_for(path, **changes))]


def test_a_folder_means_its_files_of_the_format(folder: Path) -> None:
    assert names(folder, format="csv") == ["a.csv.gz", "b.csv"]


def test_a_glob_means_all_it_matches(folder: Path) -> None:
    assert names(folder / "**" / "*.csv", format="auto") == ["b.csv", "deeper/d.csv"]


def test_a_named_format_counts_more_than_the_extension(folder: Path) -> None:
    [source] = find_files(params_for(folder / "notes.txt", format="tsv"))
    assert source.format == "tsv"


@pytest.mark.parametrize(
    ("name", "file_format"),
    [
        ("x.CSV", "csv"),
        ("x.tsv.gz", "tsv"),
        ("x.ndjson", "jsonl"),
        ("x.tfrecords", "tfrecord"),
        ("data_tfrecord-00000-of-00002.gz", "tfrecord"),
    ],
)
def test_the_format_goes_by_the_name(tmp_path: Path, name: str, file_format: str) -> None:
    (tmp_path / name).touch()
    assert find_files(params_for(tmp_path / name))[0].format == file_format


def test_what_cannot_be_found_is_refused_in_one_sentence(folder: Path) -> None:
    for path in (folder / "none.csv", folder / "*.tsv"):
        with pytest.raises(InvalidInputError) as refusal:
            find_files(params_for(path))
        assert str(refusal.value) == (
            f"data.path: no file found at '{path}'; "
            f"give a file, a glob or a folder with files named {NAMES}."
        )


def test_an_unknown_extension_is_refused(folder: Path) -> None:
    with pytest.raises(
        InvalidInputError, match=r"notes.txt' cannot be recognised .* set data.format"
    ):
        find_files(params_for(folder / "notes.txt"))


def test_a_folder_of_two_formats_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"holds csv and jsonl files; set data.format"):
        find_files(params_for(folder))


def test_paths_with_a_scheme_are_remote() -> None:
    assert is_local("/data/a.csv")
    assert is_local("file:///data/a.csv")
    assert not is_local("gs://bucket/a.csv")


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"cannot be opened by Apache Beam"):
        find_files(params_for("nosuch://bucket/a.csv"))


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    blobs: dict[str, bytes] = {}

    def match(patterns: list[str]) -> list[Any]:
        return [
            MatchResult(p, [FileMetadata(b, len(c), 7.0) for b, c in blobs.items() if fits(b, p)])
            for p in patterns
        ]

    def fits(blob: str, pattern: str) -> bool:
        return blob.startswith(pattern[:-1]) if pattern.endswith("*") else blob == pattern

    def open_blob(path: str, **_: Any) -> io.BytesIO:
        return io.BytesIO(blobs[path])

    monkeypatch.setattr(FileSystems, "match", match)
    monkeypatch.setattr(FileSystems, "open", open_blob)
    return blobs


def test_a_remote_folder_is_read_through_beam(remote: dict[str, bytes]) -> None:
    remote["mem://box/data/a.csv"] = csv_text(reviews(40)).encode()
    remote["mem://box/data/deeper/b.csv"] = b"not looked at"
    summary = inspect(params_for("mem://box/data"))
    assert (summary.files, summary.rows) == (("a.csv",), 40)


def test_a_remote_file_is_read_through_beam(remote: dict[str, bytes]) -> None:
    remote["mem://box/a.csv"] = csv_text(reviews(40)).encode()
    assert inspect(params_for("mem://box/a.csv")).rows == 40


def test_a_feature_group_is_a_table(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "groups")
    write(store, "customers", [{"id": 1, "since": day(1), "city": "Ulm", "ids": [1]}])
    params = DataParams(path=f"features://customers?store={store.root}", text_column="city")
    (file,) = find_files(params)
    assert (file.format, Path(file.path).parent.name) == ("parquet", "version=1")
    with pytest.raises(InvalidInputError, match="has no feature group shops"):
        find_files(DataParams(path=f"features://shops?store={store.root}"))
