"""Read TFRecord files in an artifact, without loading TensorFlow for local ones."""

import gzip
import itertools
import struct
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_LENGTH = struct.Struct("<Q")
_COUNT = struct.Struct("=I")
_CHECKSUM_BYTES = 4
_BATCH_ROWS = 1024
_GZIP_SUFFIX = ".gz"


def read_tfrecords(folder: str, pattern: str) -> Iterator[bytes]:
    """Read the records of a folder's files, in the order of the files' names.

    Checksums are not looked at: the files are our own.

    Args:
        folder: A path or a URI.
        pattern: Names of the files, with `*`; what ends in `.gz` is gzip.

    Yields:
        One record after the other.

    Raises:
        FileNotFoundError: If there is no such file.

    Source:
        https://www.tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
    """
    files = _files(folder, pattern)
    if not files:
        raise FileNotFoundError(f"no {pattern} in {folder}")
    for path in files:
        yield from read_tfrecord_file(path)


def read_tfrecord_file(path: str) -> Iterator[bytes]:
    """Read the records of one file, all of which is held in memory.

    Args:
        path: A path or a URI; what ends in `.gz` is gzip.

    Yields:
        One record after the other.

    Raises:
        OSError: If it cannot be read.
    """  # noqa: DOC502 - raised by what it calls
    content = read_file(path)
    if path.endswith(_GZIP_SUFFIX):  # not by the first bytes: they may be a record's length
        content = gzip.decompress(content)
    place = 0
    while place < len(content):
        (length,) = _LENGTH.unpack_from(content, place)
        start = place + _LENGTH.size + _CHECKSUM_BYTES
        yield content[start : start + length]
        place = start + length + _CHECKSUM_BYTES


def batched(records: Iterator[T]) -> Iterator[list[T]]:
    """Take 1,024 records at a time."""
    while batch := list(itertools.islice(records, _BATCH_ROWS)):
        yield batch


def pack(records: Sequence[bytes]) -> bytes:
    """Join records into one, which is written and read in a fraction of the time.

    Args:
        records: Each shorter than 4 GiB.

    Returns:
        Their number, their lengths, and all of them in a row.
    """
    lengths = array("I", [len(records), *map(len, records)])
    return lengths.tobytes() + b"".join(records)


def unpack(packed: bytes) -> Iterator[bytes]:
    """Take apart what `pack` has joined."""
    lengths = array("I")
    (count,) = _COUNT.unpack_from(packed)
    start = _COUNT.size * (1 + count)
    lengths.frombytes(packed[_COUNT.size : start])
    for length in lengths:
        yield packed[start : start + length]
        start += length


def read_file(path: str) -> bytes:
    """Read a whole file.

    Args:
        path: A path or a URI.

    Returns:
        Its content.

    Raises:
        OSError: If it cannot be read.
    """  # noqa: DOC502 - raised by what it calls
    if "://" not in path:
        return Path(path).read_bytes()
    from tfx.dsl.io import fileio  # noqa: PLC0415 (slow, and only for URIs)

    with fileio.open(path, "rb") as file:
        return bytes(file.read())


def _files(folder: str, pattern: str) -> list[str]:
    if "://" not in folder:
        return sorted(str(path) for path in Path(folder).glob(pattern))
    from tfx.dsl.io import fileio  # noqa: PLC0415 (slow, and only for URIs)

    return sorted(str(path) for path in fileio.glob(f"{folder}/{pattern}"))
