from pathlib import Path

import numpy as np
import pytest

from components.framed_records import FramedRecords, write_framed
from components.tfrecords import framed, read_tfrecord_file, write_tfrecord_file

RECORDS = [b"a" * 300, b"", *(bytes([number % 256]) * number for number in range(200))]


def stored(folder: Path, records: list[bytes], suffix: str = ".gz") -> FramedRecords:
    write_tfrecord_file(f"{folder}/rows{suffix}", records)
    return FramedRecords.read(f"{folder}/rows{suffix}")


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("records", [RECORDS, []], ids=["some", "none"])
def test_the_records_of_a_file(tmp_path: Path, records: list[bytes], suffix: str) -> None:
    found = stored(tmp_path, records, suffix)
    assert [found[row] for row in range(len(found))] == records


def test_batches_hold_as_much_as_they_may(tmp_path: Path) -> None:
    found = stored(tmp_path, [b"a" * 100] * 5 + [b"b" * 1000] + [b"c" * 10] * 7)
    batches = list(found.batches(4, 500))
    assert [len(batch) for batch in batches] == [4, 1, 1, 4, 3]
    assert [each[row] for each in batches for row in range(len(each))] == [
        found[row] for row in range(len(found))
    ]


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("every", [1, 2, 7, 1000])
def test_chosen_records_are_passed_through(tmp_path: Path, every: int, suffix: str) -> None:
    found = stored(tmp_path, RECORDS)
    flags = np.arange(len(RECORDS)) % every > 0
    write_framed(f"{tmp_path}/chosen{suffix}", found.chosen(flags))
    chosen = [record for record, flag in zip(RECORDS, flags, strict=True) if flag]
    assert list(read_tfrecord_file(f"{tmp_path}/chosen{suffix}")) == chosen


def test_equal_records_make_equal_files_however_they_come(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    parts = framed([draw.bytes(1000) + bytes(500) for _ in range(3000)])
    write_framed(f"{tmp_path}/one.gz", parts)
    write_framed(f"{tmp_path}/other.gz", [b"".join(parts)])
    assert Path(f"{tmp_path}/one.gz").read_bytes() == Path(f"{tmp_path}/other.gz").read_bytes()
