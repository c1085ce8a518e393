"""Read and write TFRecord files in an artifact, without loading TensorFlow for local ones.

gzip is ISA-L's, which packs five times as fast as zlib does at its fastest, and unpacks three times
as fast; with zlib it took a sixth of the way from CSV to tokenized examples.
"""

import functools
import itertools
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import google_crc32c
import numpy as np
from isal import igzip

T = TypeVar("T")

_LENGTH = struct.Struct("<Q")
_CHECKSUM = np.dtype("<u4")
FRAME_HEAD, FRAME_TAIL = _LENGTH.size + _CHECKSUM.itemsize, _CHECKSUM.itemsize
"""Bytes before and behind a record: its length and checksums."""

_CHECKSUM_MASK = np.uint32(0xA282EAD8)
_BATCH_ROWS = 1024
_FIRST_BATCH_ROWS = 256
_MOST_BATCH_ROWS = 4096
_BATCH_BYTES = 2**20
_PARTS = 3
_GZIP_SUFFIX = ".gz"
_GZIP_LEVEL = 1  # of 0 to 3


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
    """
    content = read_content(path)
    place = 0
    while place < len(content):
        start = place + FRAME_HEAD
        place = start + _LENGTH.unpack_from(content, place)[0]
        yield content[start:place]
        place += FRAME_TAIL


def read_content(path: str) -> bytes:
    """Read a file of records as it is, unpacked.

    Args:
        path: A path or a URI; what ends in `.gz` is gzip.

    Returns:
        The records, each in its frame.

    Raises:
        OSError: If it cannot be read.
    """
    content = read_file(path)
    # Not by the first bytes: they may be a record's length.
    return bytes(igzip.decompress(content)) if path.endswith(_GZIP_SUFFIX) else content


def frame_places(content: bytes) -> list[int]:
    """Find the records in a file's content.

    Args:
        content: Records in their frames: `FRAME_HEAD` bytes before and `FRAME_TAIL` behind each.

    Returns:
        Where each frame begins, and the end of the last one.
    """
    places = [0]
    add, length_at = places.append, _LENGTH.unpack_from
    place, end, frame = 0, len(content), FRAME_HEAD + FRAME_TAIL
    while place < end:
        place += length_at(content, place)[0] + frame
        add(place)
    return places


def read_tfrecord_batches(path: str) -> Iterator[list[bytes]]:
    """Read the records of one file in batches of about 1 MiB and 4,096 records at most.

    Larger batches of short records take less time for each, larger ones of long records memory.

    Args:
        path: As for `read_tfrecord_file`.

    Yields:
        Some records; the first batch is small, since their size is not known yet.

    Raises:
        OSError: If the file cannot be read.
    """
    records = read_tfrecord_file(path)
    rows = _FIRST_BATCH_ROWS
    while batch := list(itertools.islice(records, rows)):
        yield batch
        size = max(1, sum(map(len, batch)))
        rows = max(1, min(_MOST_BATCH_ROWS, _BATCH_BYTES * len(batch) // size))


def write_tfrecord_file(path: str, records: Iterable[bytes]) -> int:
    """Write records to a file, with their checksums.

    Args:
        path: A path or a URI; what ends in `.gz` is written as gzip, the same for equal records.
        records: The records.

    Returns:
        How many there were.

    Raises:
        OSError: If it cannot be written.

    Source:
        https://www.tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
    """
    rows = 0
    with open_packed(path) as file:
        for batch in batched(iter(records)):
            file.write(b"".join(_framed(batch)))
            rows += len(batch)
    return rows


@contextmanager
def open_packed(path: str) -> Iterator[Any]:
    """Open a file of records for writing.

    Args:
        path: A path or a URI; what ends in `.gz` is written as gzip, without a time.

    Yields:
        The file.

    Raises:
        OSError: If it cannot be written.
    """
    with ExitStack() as stack:
        file: Any = stack.enter_context(open_to_write(path))
        if path.endswith(_GZIP_SUFFIX):
            file = stack.enter_context(igzip.IGzipFile("", "wb", _GZIP_LEVEL, file, mtime=0))
        yield file


def framed(records: list[bytes]) -> list[bytes]:
    """Put records in their frames.

    Args:
        records: The records.

    Returns:
        Each as a file has it.
    """
    return list(map(b"".join, zip(*[_framed(records)] * _PARTS, strict=True)))


def _framed(records: list[bytes]) -> Iterator[bytes]:
    heads = map(_head, map(len, records))
    parts = zip(heads, records, _checksums(records), strict=True)  # `_PARTS` of each
    return itertools.chain.from_iterable(parts)


@functools.lru_cache(maxsize=4096)
def _head(length: int) -> bytes:
    packed = _LENGTH.pack(length)
    return packed + _checksums([packed])[0]


def _checksums(contents: list[bytes]) -> list[bytes]:
    """Give the masked CRC-32C of records or of their lengths."""
    crcs = np.fromiter(map(google_crc32c.value, contents), np.uint32, len(contents))
    rotated = crcs >> np.uint32(15) | crcs << np.uint32(17)
    masked = rotated + _CHECKSUM_MASK  # modulo 2**32
    checksums: list[bytes] = masked.astype(_CHECKSUM).view("V4").tolist()
    return checksums


def batched(records: Iterator[T]) -> Iterator[list[T]]:
    """Take 1,024 records at a time."""
    while batch := list(itertools.islice(records, _BATCH_ROWS)):
        yield batch


def read_file(path: str) -> bytes:
    """Read a whole file.

    Args:
        path: A path or a URI.

    Returns:
        Its content.

    Raises:
        OSError: If it cannot be read.
    """
    if "://" not in path:
        return Path(path).read_bytes()
    from tfx.dsl.io import fileio  # noqa: PLC0415 (slow, and only for URIs)

    with fileio.open(path, "rb") as file:
        return bytes(file.read())


def open_to_write(path: str) -> BinaryIO:
    """Open a file for writing bytes.

    Args:
        path: A path or a URI.

    Returns:
        The file.

    Raises:
        OSError: If it cannot be written.
    """
    if "://" not in path:
        return Path(path).open("wb")
    from tfx.dsl.io import fileio  # noqa: PLC0415 (slow, and only for URIs)

    return cast("BinaryIO", fileio.open(path, "wb"))


def _files(folder: str, pattern: str) -> list[str]:
    if "://" not in folder:
        return sorted(str(path) for path in Path(folder).glob(pattern))
    from tfx.dsl.io import fileio  # noqa: PLC0415 (slow, and only for URIs)

    return sorted(str(path) for path in fileio.glob(f"{folder}/{pattern}"))
