"""Reads and writes TFRecord files: TensorFlow's framing of byte strings, with checksums.

Source:
    TensorFlow, "TFRecords format details" in the guide to TFRecord: uint64 length, masked CRC-32C
    of the length, data, masked CRC-32C of the data; all little-endian.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from serving.errors import Code, ServingError

_HEADER = struct.Struct("<QI")
_LENGTH = struct.Struct("<Q")
_FOOTER = struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8
_UINT32 = 0xFFFFFFFF


def read_tfrecords(file: Path) -> Iterator[bytes]:
    """Read an uncompressed TFRecord file.

    Args:
        file: The file.

    Yields:
        The data of each record.

    Raises:
        ServingError: DATA_LOSS if the file is cut off or a checksum is wrong.
        OSError: If it cannot be read.
    """
    with file.open("rb") as stream:
        while header := stream.read(_HEADER.size):
            offset = stream.tell() - len(header)
            yield _read_data(stream, header, f"{file} at byte {offset}")


def framed_record(data: bytes) -> bytes:
    """Return data as a record of a TFRecord file.

    Args:
        data: The data.

    Returns:
        The data in their frame.
    """
    length = _LENGTH.pack(len(data))
    header = length + _FOOTER.pack(_masked_crc(length))
    return header + data + _FOOTER.pack(_masked_crc(data))


def _read_data(stream: BinaryIO, header: bytes, where: str) -> bytes:
    if len(header) < _HEADER.size:
        raise ServingError(Code.DATA_LOSS, f"truncated record: {where}")
    length, length_crc = _HEADER.unpack(header)
    # Checked first: the length of a file that is no TFRecord may be any number.
    _check(header[: _LENGTH.size], length_crc, where)
    data = stream.read(length)
    footer = stream.read(_FOOTER.size)
    if len(data) < length or len(footer) < _FOOTER.size:
        raise ServingError(Code.DATA_LOSS, f"truncated record: {where}")
    _check(data, _FOOTER.unpack(footer)[0], where)
    return data


def _check(data: bytes, expected: int, where: str) -> None:
    if _masked_crc(data) != expected:
        raise ServingError(Code.DATA_LOSS, f"corrupted record: {where}")


def _masked_crc(data: bytes) -> int:
    import google_crc32c

    crc: int = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _UINT32
