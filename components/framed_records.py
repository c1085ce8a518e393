"""TFRecords as their files have them, each in its frame: what stays is passed through in one piece.

Source:
    https://www.tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.tfrecords import (
    FRAME_HEAD,
    FRAME_TAIL,
    frame_places,
    open_packed,
    read_content,
)

Places = npt.NDArray[np.int64]

_BLOCK = 2**20


@dataclass(frozen=True)
class FramedRecords:
    """Some records one after the other, in memory.

    Attributes:
        content: All of them, in their frames; other records may stand around them.
        starts: First byte of each, its frame left out, `[n]`.
        ends: The byte behind each, `[n]`.
    """

    content: bytes
    starts: Places
    ends: Places

    @classmethod
    def read(cls, path: str) -> "FramedRecords":
        """Read a file.

        Args:
            path: A path or a URI; what ends in `.gz` is gzip.

        Returns:
            Its records.

        Raises:
            OSError: If it cannot be read.
        """
        content = read_content(path)
        frames = np.array(frame_places(content), np.int64)
        return cls(content, frames[:-1] + FRAME_HEAD, frames[1:] - FRAME_TAIL)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, row: int) -> bytes:
        return self.content[self.starts[row] : self.ends[row]]

    def batches(self, most_rows: int, most_bytes: int) -> Iterator["FramedRecords"]:
        """Divide the records.

        Args:
            most_rows: How many a batch has at most.
            most_bytes: How many bytes, unless one record has more.

        Yields:
            All records in their order; their content stays where it is.
        """
        first = 0
        while first < len(self):
            behind = int(np.searchsorted(self.ends, self.starts[first] + most_bytes, "right"))
            last = max(first + 1, min(first + most_rows, behind))
            yield FramedRecords(self.content, self.starts[first:last], self.ends[first:last])
            first = last

    def chosen(self, flags: Any) -> Iterator[memoryview]:
        """Choose records.

        Args:
            flags: Which; bool `[n]`.

        Yields:
            Them in their frames; those that stand side by side in one piece.
        """
        content = memoryview(self.content)
        edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
        for first, behind in edges.reshape(-1, 2).tolist():
            yield content[self.starts[first] - FRAME_HEAD : self.ends[behind - 1] + FRAME_TAIL]


def write_framed(path: str, parts: Iterable[bytes | memoryview]) -> None:
    """Write records that are in their frames.

    Args:
        path: A path or a URI; what ends in `.gz` is written as gzip, the same for equal records.
        parts: Any number of records each, one after the other.

    Raises:
        OSError: If it cannot be written.
    """
    waiting = bytearray()
    with open_packed(path) as file:
        for part in parts:
            waiting += part
            while len(waiting) >= _BLOCK:  # how gzip packs depends on what it gets at a time
                file.write(bytes(waiting[:_BLOCK]))
                del waiting[:_BLOCK]
        file.write(bytes(waiting))
