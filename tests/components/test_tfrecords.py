"""Records against TensorFlow's reader and writer."""

from pathlib import Path

import pytest
import tensorflow as tf

from components.tfrecords import read_tfrecord_batches, read_tfrecords, write_tfrecord_file


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


RECORDS = [b"a" * 300, b"", *(bytes([number % 256]) * number for number in range(1500))]


@pytest.mark.parametrize(("compression", "suffix"), [("", ""), ("GZIP", ".gz")])
def test_tensorflow_reads_what_is_written(tmp_path: Path, compression: str, suffix: str) -> None:
    path = str(tmp_path / f"rows{suffix}")

    assert write_tfrecord_file(path, iter(RECORDS)) == len(RECORDS)

    # TensorFlow's reader compares the checksums.
    read = tf.data.TFRecordDataset(path, compression_type=compression)
    assert list(read.as_numpy_iterator()) == RECORDS
    assert list(read_tfrecords(str(tmp_path), "rows*")) == RECORDS


@pytest.mark.parametrize(
    ("length", "count", "sizes"),
    [
        (10, 9000, [256, 4096, 4096, 552]),  # short records: as many as may be
        (4096, 700, [256, 256, 188]),  # 1 MiB each
        (2**20 // 2, 260, [256, 2, 2]),
        (0, 300, [256, 44]),
    ],
)
def test_batches_hold_about_a_mebibyte(
    tmp_path: Path, length: int, count: int, sizes: list[int]
) -> None:
    records = [number.to_bytes(2, "big")[:length].ljust(length, b".") for number in range(count)]
    write_tfrecord_file(str(tmp_path / "rows.gz"), records)

    batches = list(read_tfrecord_batches(str(tmp_path / "rows.gz")))

    assert [len(batch) for batch in batches] == sizes
    assert [record for batch in batches for record in batch] == records


def test_equal_records_make_equal_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / f"{number}.gz" for number in range(2)]
    for hour, path in enumerate(paths):
        monkeypatch.setattr("time.time", lambda hour=hour: 3600.0 * hour)
        write_tfrecord_file(str(path), RECORDS)

    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_no_records_make_an_empty_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows{suffix}"

    assert write_tfrecord_file(str(path), []) == 0
    assert list(read_tfrecords(str(tmp_path), "rows*")) == []
    assert list(tf.data.TFRecordDataset(str(path), "GZIP" if suffix else "")) == []


def test_a_file_named_by_a_uri(tmp_path: Path) -> None:
    path = f"file://{tmp_path}/rows.gz"

    write_tfrecord_file(path, RECORDS)

    assert list(read_tfrecords(f"file://{tmp_path}", "*.gz")) == RECORDS


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no rows"):
        list(read_tfrecords(str(tmp_path), "rows-*"))
