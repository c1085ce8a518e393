"""Records against TensorFlow's writer."""

from pathlib import Path

import pytest
import tensorflow as tf

from components.tfrecords import pack, read_tfrecords, unpack


def write(path: Path, records: list[bytes], compression: str = "") -> None:
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for record in records:
            writer.write(record)


@pytest.mark.parametrize(("compression", "suffix"), [("", ""), ("GZIP", ".gz")])
def test_files_are_read_in_order(tmp_path: Path, compression: str, suffix: str) -> None:
    write(tmp_path / f"rows-1{suffix}", [b"c"], compression)
    write(tmp_path / f"rows-0{suffix}", [b"a" * 300, b""], compression)
    write(tmp_path / f"other{suffix}", [b"x"], compression)

    assert list(read_tfrecords(str(tmp_path), "rows-*")) == [b"a" * 300, b"", b"c"]


def test_a_record_whose_length_looks_like_gzip(tmp_path: Path) -> None:
    record = bytes(0x8B1F)  # the first two bytes of a gzip file, as a length
    write(tmp_path / "rows", [record])

    assert list(read_tfrecords(str(tmp_path), "rows")) == [record]


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no rows"):
        list(read_tfrecords(str(tmp_path), "rows-*"))


@pytest.mark.parametrize("records", [[], [b""], [b"a" * 300, b"", b"c"]])
def test_packed_records_are_unpacked(records: list[bytes]) -> None:
    assert list(unpack(pack(records))) == records
