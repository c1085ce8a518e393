from collections.abc import Callable
from pathlib import Path

import pytest

from serving.errors import Code, ServingError
from serving.files.tfrecord import read_tfrecords
from tests.serving.tfrecords import write_tfrecords

RECORDS = [b"one", b"", b"three" * 100]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """`RECORDS` as TensorFlow writes them."""
    file = tmp_path_factory.mktemp("tfrecord") / "records"
    write_tfrecords(file, RECORDS)
    return file.read_bytes()


def test_records_of_tensorflow(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "records"
    file.write_bytes(content)
    assert list(read_tfrecords(file)) == RECORDS


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "records").touch()
    assert list(read_tfrecords(tmp_path / "records")) == []


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:5], "truncated record: .*/records at byte 0$"),
        (lambda content: content[:13], "truncated record: .* at byte 0$"),
        (lambda content: content[:-1], "truncated record: .* at byte 35$"),  # 16 + 3 + 16
        (lambda content: b"no TFRecord, but some text", "corrupted record: .* at byte 0$"),
        (lambda content: content.replace(b"one", b"eno"), "corrupted record: .* at byte 0$"),
    ],
)
def test_damaged_files(
    tmp_path: Path, content: bytes, damage: Callable[[bytes], bytes], message: str
) -> None:
    file = tmp_path / "records"
    file.write_bytes(damage(content))
    with pytest.raises(ServingError, match=message) as caught:
        list(read_tfrecords(file))
    assert caught.value.code is Code.DATA_LOSS
