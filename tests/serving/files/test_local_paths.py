from pathlib import Path

import pytest

from serving.errors import InvalidArgumentError
from serving.files.local_paths import local_path


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("/models/hp", "/models/hp"),
        ("models/hp", "models/hp"),
        ("file:///models/hp", "/models/hp"),
        ("FILE:///models/hp", "/models/hp"),
        ("file://localhost/models/hp", "/models/hp"),
        ("file:/models/hp", "/models/hp"),
        ("file:///models/a%20b", "/models/a%20b"),
        ("file:///models/a:b://c", "/models/a:b://c"),
        ("file:models", "file:models"),
        ("c:/models", "c:/models"),
    ],
)
def test_local(given: str, expected: str) -> None:
    assert local_path(given, "--model_base_path") == Path(expected)


@pytest.mark.parametrize("given", ["gs://b/m", "s3://b/m", "hdfs://host:9000/m", "https://h/m"])
def test_remote_addresses_are_refused(given: str) -> None:
    message = f"^--model_base_path {given} is a remote address; only local files and folders"
    with pytest.raises(InvalidArgumentError, match=message):
        local_path(given, "--model_base_path")


def test_two_slashes_too_few(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match=r"names the host models; .*file:///models/hp$"):
        local_path("file://models/hp", "--model_base_path")
