"""Paths mean what is there by their name; patterns and partitions come after that."""

import gzip
import io
import re
import zipfile
from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.finding import TablePath, find_local


def names(path: Path | str) -> list[str]:
    return [source.name for source in find_local(TablePath(str(path)))]


@pytest.mark.parametrize("folder", ["a[1]", "b*", "c?", "[!x]", "[", "d]"])
def test_signs_of_patterns_in_names_are_names(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "x[1].csv").touch()
    for neighbour in ("a1", "bb", "cc", "y"):
        (tmp_path / neighbour).mkdir()
        (tmp_path / neighbour / "n.csv").touch()
        (tmp_path / neighbour / "x1.csv").touch()
    assert names(tmp_path / folder) == ["x[1].csv"]
    assert names(tmp_path / folder / "x[1].csv") == ["x[1].csv"]
    assert names(tmp_path / folder / "*.csv") == ["x[1].csv"]


def test_a_pattern_below_a_folder_with_brackets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in [1]").mkdir()
    for name in ("a1.csv", "a2.csv", "b1.csv"):
        (tmp_path / "in [1]" / name).touch()
    monkeypatch.chdir(tmp_path / "in [1]")
    assert names("a[12].csv") == ["a1.csv", "a2.csv"]
    assert names("?1.csv") == ["a1.csv", "b1.csv"]


def test_a_name_that_is_not_there_is_no_pattern(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no file found at"):
        names(tmp_path / "none.csv")


def test_folders_give_columns(tmp_path: Path) -> None:
    for label, month in (("0", "1"), ("1", "1"), ("1", "2")):
        folder = tmp_path / f"label={label}" / f"month={month}"
        folder.mkdir(parents=True)
        (folder / "part-0.parquet").touch()
        (folder / "_SUCCESS").touch()
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "x.parquet").touch()
    (tmp_path / "_delta=1").mkdir()
    found = find_local(TablePath(str(tmp_path)))
    assert [(source.name, source.partitions) for source in found] == [
        ("label=0/month=1/part-0.parquet", (("label", "0"), ("month", "1"))),
        ("label=1/month=1/part-0.parquet", (("label", "1"), ("month", "1"))),
        ("label=1/month=2/part-0.parquet", (("label", "1"), ("month", "2"))),
    ]
    pattern = find_local(TablePath(str(tmp_path / "*" / "month=1" / "*.parquet")))
    assert [source.partitions for source in pattern] == [
        (("label", "0"), ("month", "1")),
        (("label", "1"), ("month", "1")),
    ]


def test_values_of_folders_are_unquoted_or_missing(tmp_path: Path) -> None:
    for value in ("a%2Fb%20c", "__HIVE_DEFAULT_PARTITION__", ""):
        (tmp_path / f"shop={value}").mkdir()
        (tmp_path / f"shop={value}" / "x.csv").touch()
    found = find_local(TablePath(str(tmp_path)))
    assert {source.partitions[0][1] for source in found} == {"a/b c", None, ""}


def test_folders_beside_files_of_the_format_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "label=1").mkdir()
    (tmp_path / "label=1" / "x.csv").touch()
    (tmp_path / "a.csv").touch()
    assert names(tmp_path) == ["a.csv"]
    assert find_local(TablePath(str(tmp_path)))[0].partitions == ()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a.csv", "b.csv"), "'{}' is a zip of 2 files ('a.csv', 'b.csv'); unpack it, or give"),
        ((), "'{}' is a zip of no files; unpack it"),
        (
            ("notes.md",),
            "the format of 'notes.md' in the zip '{}' cannot be recognised by its name; ",
        ),
    ],
    ids=["two", "none", "odd"],
)
def test_a_zip_that_tells_no_format_is_named_with_its_files(
    tmp_path: Path, names: tuple[str, ...], words: str
) -> None:
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name in names:
            packed.writestr(name, "text,label\n")
    with pytest.raises(InvalidInputError, match=re.escape(words.format(path))):
        find_local(TablePath(str(path)))


def test_the_one_file_of_a_zip_tells_its_format(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("inner/reviews.tsv", "text\n")
    (tmp_path / "archive.zip").write_bytes(stream.getvalue())
    (tmp_path / "x.jsonl.bz2").write_bytes(gzip.compress(b""))
    assert find_local(TablePath(str(tmp_path / "archive.zip")))[0].format == "tsv"
    assert find_local(TablePath(str(tmp_path / "x.jsonl.bz2")))[0].format == "jsonl"


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / b"caf\xe9.csv".decode("utf-8", "surrogateescape")
    path.touch()
    with pytest.raises(InvalidInputError, match=r"'caf\\udce9\.csv' is not UTF-8; rename it"):
        names(tmp_path)


@pytest.mark.parametrize("path", ["a\0b.csv", "x" * 5000 + ".csv"])
def test_paths_that_cannot_be(path: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^data\.path: "):
        names(path)
