"""Write rows, encoded and unsorted, to part files: one for each shard that they go to.

Parts on disk instead of a GroupByKey over rows: Beam's local runner keeps all it groups in memory
(2.5 kB for a row of 60 words were measured).
"""

import hashlib
import json
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from tfx.dsl.io import fileio

from bert_aas.features.snapshots import IN_ORDER
from components.example_gen.params import DataParams
from components.example_gen.reading.batches import RowBatch
from components.example_gen.reading.column_types import ColumnType
from components.example_gen.reading.rows import BadRow
from components.example_gen.splitting.splits import SPLITS, Hashes, SplitPlan
from components.example_gen.writing.example_encoding import ExampleEncoder
from components.tfrecords import open_to_write, read_file

REJECTED = "rejected"
PARTS = "parts"
_WORD = 8  # bytes
_ROWS_AT_A_TIME = 4096
_BYTES_AT_A_TIME = 4 * 2**20

Shard: TypeAlias = tuple[str, int]
"""A split, or `rejected`, and the number of one of its files."""

Places: TypeAlias = npt.NDArray[np.int_]
"""For each row of some, its shard's place among all."""


@dataclass(frozen=True)
class WritePlan:
    """Where rows go.

    Attributes:
        params: Names the columns.
        splits: The split of each row.
        shards: Number of files by split.
        folders: Where files go, by split; `rejected` and `parts` have one, too.
    """

    params: DataParams
    splits: SplitPlan
    shards: dict[str, int]
    folders: dict[str, str]


@contextmanager
def opened_parts(plan: WritePlan, columns: dict[str, ColumnType]) -> Iterator["PartFiles"]:
    """Open the parts of one source file.

    Args:
        plan: Where rows go.
        columns: Every column of the rows to come; other columns of theirs are left out.

    Yields:
        The parts, complete after the context.
    """
    fileio.makedirs(plan.folders[PARTS])
    with ExitStack() as stack:
        parts = PartFiles(plan, columns, stack)
        yield parts
        parts.write_waiting()


class PartFiles:
    """The parts of one source file, open for writing; a retried bundle's have other names.

    Attributes:
        columns: The columns that rows are encoded with, and their types.
        paths: The parts by shard.
    """

    def __init__(self, plan: WritePlan, columns: dict[str, ColumnType], stack: ExitStack) -> None:
        """Start without rows; see `opened_parts`."""
        self.columns = columns
        self.paths: dict[Shard, str] = {}
        self._plan = plan
        self._shards = [(split, n) for split in SPLITS for n in range(plan.shards[split])]
        self._shards.append((REJECTED, 0))
        self._counts = np.array([plan.shards[split] for split in SPLITS])
        self._firsts = np.cumsum(self._counts) - self._counts  # of each split's shards
        self._encoder = ExampleEncoder(columns, plan.params.key_column)
        self._waiting = _Rows()
        self._files: dict[Shard, BinaryIO] = {}
        self._open = stack

    def add(self, batch: RowBatch, hashes: Hashes) -> None:
        """Write rows.

        Args:
            batch: The rows.
            hashes: Their `split_keys`.
        """
        lines = np.array([row.line for row in batch.bad], np.uint64)
        rejected = np.full(len(batch.bad), len(self._shards) - 1)
        self._waiting.add(lines, rejected, [_reason(row) for row in batch.bad])
        keys = order_hashes(batch)
        shards = self._places(batch, hashes, keys)
        self._waiting.add(keys, shards, self._encoder.encode(batch))
        if self._waiting.are_many():
            self.write_waiting()

    def _places(self, batch: RowBatch, hashes: Hashes, keys: Hashes) -> Places:
        """Give the place of each row's shard among all."""
        labels = batch.labels(self._plan.params)
        splits = self._plan.splits.places_of(hashes, labels)
        numbers = keys % self._counts[splits].astype(np.uint64)
        places: Places = self._firsts[splits] + numbers.astype(int)
        return places

    def write_waiting(self) -> None:
        """Write the rows that wait for others of their shard."""
        for place, packed in self._waiting.by_shard():
            self._file(self._shards[place]).write(packed)
        self._waiting = _Rows()

    def _file(self, shard: Shard) -> BinaryIO:
        if shard not in self._files:
            self.paths[shard] = f"{self._plan.folders[PARTS]}/{uuid.uuid4().hex}"
            self._files[shard] = self._open.enter_context(open_to_write(self.paths[shard]))
        return self._files[shard]


def _reason(row: BadRow) -> bytes:
    return json.dumps({"file": row.file, "line": row.line, "reason": row.reason}).encode()


class _Rows:
    """Rows that wait to be written: enough of them that each of many shards gets some."""

    def __init__(self) -> None:
        self._records: list[bytes] = []
        self._bytes = 0
        self._keys = [np.array([], np.uint64)]
        self._shards = [np.array([], int)]

    def add(self, keys: Hashes, shards: Places, records: list[bytes]) -> None:
        self._keys.append(keys)
        self._shards.append(shards)
        self._records += records
        self._bytes += sum(map(len, records))

    def are_many(self) -> bool:
        return len(self._records) >= _ROWS_AT_A_TIME or self._bytes >= _BYTES_AT_A_TIME

    def by_shard(self) -> Iterator[tuple[int, bytes]]:
        """Give each shard's place and rows: their number, all keys, all lengths, all records."""
        keys, shards = np.concatenate(self._keys), np.concatenate(self._shards)
        order = np.argsort(shards, kind="stable")
        starts = np.flatnonzero(np.diff(shards[order], prepend=-1))
        for rows in np.split(order, starts[1:]) if len(order) else ():
            records = [self._records[row] for row in rows.tolist()]
            count = np.array([len(rows)], np.uint64)
            lengths = np.array([*map(len, records)], np.uint64)
            head = np.concatenate([count, keys[rows], lengths])
            yield int(shards[rows[0]]), head.tobytes() + b"".join(records)


def read_sorted(paths: Iterable[str]) -> list[bytes]:
    """Read the rows of one shard's parts.

    Args:
        paths: The parts.

    Returns:
        The records in the order of their keys, those of one key in their own.
    """
    keys: list[Hashes] = []
    records: list[bytes] = []
    for path in paths:
        for some_keys, some_records in _unpacked(read_file(path)):
            keys.append(some_keys)
            records += some_records
    joined = np.concatenate(keys)
    order = np.argsort(joined, kind="stable")
    if (np.diff(joined[order]) == 0).any():
        order = np.array(sorted(order, key=lambda place: (joined[place], records[place])))
    return [records[place] for place in order.tolist()]


def _unpacked(content: bytes) -> Iterator[tuple[Hashes, list[bytes]]]:
    place = 0
    while place < len(content):
        count = int.from_bytes(content[place : place + _WORD], sys.byteorder)
        words = np.frombuffer(content, np.uint64, 1 + 2 * count, place)
        place += words.nbytes
        ends = [place, *(place + np.cumsum(words[1 + count :].astype(int))).tolist()]
        yield words[1 : 1 + count], [content[start:end] for start, end in pairwise(ends)]
        place = ends[-1]


def order_hashes(batch: RowBatch) -> Hashes:
    """Hash each row's place in the data: sorting by it shuffles rows, each time the same way.

    Args:
        batch: The rows.

    Returns:
        A hash for each, shape [rows]; of rows that were shuffled before, their number.
    """
    if batch.file.startswith(IN_ORDER):
        return np.asarray(batch.numbers, np.uint64)
    start = np.frombuffer(hashlib.sha256(batch.file.encode()).digest(), np.uint64, 1)
    hashes: Hashes = pd.util.hash_array(np.asarray(batch.numbers, np.uint64) + start)
    return hashes
