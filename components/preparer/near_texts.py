"""What nearly equal texts of all parts are found with, in files: memory stays level."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import IO

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.comparing.facts import Hashes
from bert_aas.preparation.comparing.near_duplicates import NearTexts
from components.preparer.parts import Part, load_array

Sizes = npt.NDArray[np.int32]

_NUMBER = np.dtype(np.uint64)
_KEPT_TEXTS = 2**15  # texts whose shingles stay in memory: those that many others are compared with


@contextmanager
def open_near_texts(parts: Sequence[Part]) -> Iterator[NearTexts]:
    """Put what the parts have one after the other, in files that have no name: they never stay.

    Args:
        parts: The parts, in the order of their files.

    Yields:
        What nearly equal texts are found with; in memory are 12 bytes for each text.
    """
    folder = parts[0].folder if parts and "://" not in parts[0].folder else None
    with (
        tempfile.TemporaryFile(dir=folder) as bands,
        tempfile.TemporaryFile(dir=folder) as shingles,
    ):
        sizes = _write_shingles(parts, shingles)
        count = _write_bands(parts, bands)
        found = _read_bands(bands, count, len(sizes))
        yield NearTexts(found, sizes, _shingles_of(shingles, sizes))


def _write_shingles(parts: Sequence[Part], file: IO[bytes]) -> Sizes:
    """Write the shingles of all texts; return how many each has."""
    sizes = [np.zeros(0, np.int32)]
    for part in parts:
        load_array(f"{part.folder}/shingles.npy").tofile(file)
        ends = load_array(f"{part.folder}/ends.npy")
        sizes.append(np.diff(ends, prepend=0).astype(np.int32))
    return np.concatenate(sizes)


def _write_bands(parts: Sequence[Part], file: IO[bytes]) -> int:
    """Write each band of all texts in one piece; return the number of bands."""
    rows, start, count = sum(part.rows for part in parts), 0, 0
    for part in parts:
        bands = load_array(f"{part.folder}/bands.npy")
        count = len(bands)
        for place, band in enumerate(bands):
            file.seek((place * rows + start) * _NUMBER.itemsize)
            band.tofile(file)
        start += part.rows
    return count


def _read_bands(file: IO[bytes], count: int, rows: int) -> Iterator[Hashes]:
    for place in range(count):
        file.seek(place * rows * _NUMBER.itemsize)
        yield np.fromfile(file, _NUMBER, rows)


def _shingles_of(file: IO[bytes], sizes: Sizes) -> Callable[[int], Hashes]:
    """Give a function that reads the shingles of a text."""
    ends = np.cumsum(sizes, dtype=np.int64)
    file.flush()

    @lru_cache(_KEPT_TEXTS)
    def read(place: int) -> Hashes:
        size, end = int(sizes[place]), int(ends[place])
        wanted = size * _NUMBER.itemsize
        content = os.pread(file.fileno(), wanted, (end - size) * _NUMBER.itemsize)
        return np.frombuffer(content, _NUMBER)

    return read
