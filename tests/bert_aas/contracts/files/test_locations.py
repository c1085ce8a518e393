from pathlib import Path

import pytest

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.files.locations import absolute, is_remote


def test_a_path_is_taken_from_the_working_folder_or_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")
    assert absolute("rows.csv") == f"{tmp_path}/rows.csv"
    assert absolute("./rows.csv") == f"{tmp_path}/rows.csv"
    assert absolute("~/rows.csv") == "/home/ann/rows.csv"
    assert absolute("/data/rows.csv") == "/data/rows.csv"
    assert absolute("file:///data/rows.csv") == "/data/rows.csv"


def test_a_uri_stays() -> None:
    assert absolute("gs://bucket/rows/") == "gs://bucket/rows"
    assert absolute("https://tfhub.dev/x/1") == "https://tfhub.dev/x/1"


def test_an_unknown_home_folder_is_a_path_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute("~no-such-user/rows.csv") == f"{tmp_path}/~no-such-user/rows.csv"


def test_a_storage_is_told_by_its_scheme() -> None:
    assert is_remote(None, "/data", "s3://bucket/x")
    assert not is_remote(None, "/data", "file:///data", "a/b://c")


def test_a_path_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"'/data/caf\\udce9' is not UTF-8; rename"):
        absolute("/data/caf\udce9")
