"""Write rows, encoded and unsorted, to part files: one for each shard that they go to.

Parts on disk instead of a GroupByKey over rows: Beam's local runner keeps all it groups in memory
(2.5 kB for a row of 60 words were measured).
"""

import hashlib
import json
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType
from typing import BinaryIO, TypeAlias

import numpy as np
import pandas as pd
from tfx.dsl.io import fileio

from components.example_gen.batches import RowBatch
from components.example_gen.column_types import ColumnType
from components.example_gen.example_encoding import ExampleEncoder
from components.example_gen.params import DataParams
from components.example_gen.splits import SPLITS, Hashes, SplitPlan
from components.tfrecords import open_to_write, read_file

REJECTED = "rejected"
PARTS = "parts"
_WORD = 8  # bytes
_ROWS_AT_A_TIME = 256

Shard: TypeAlias = tuple[str, int]
"""A split, or `rejected`, and the number of one of its files."""


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


class PartFiles:
    """The parts of one source file, open for writing; a retried bundle's have other names.

    Attributes:
        columns: The columns that rows are encoded with, and their types.
        paths: The parts by shard.
    """

    def __init__(self, plan: WritePlan, columns: dict[str, ColumnType]) -> None:
        """Start without rows.

        Args:
            plan: Where rows go.
            columns: Every column of the rows to come; other columns of theirs are left out.
        """
        self.columns = columns
        self.paths: dict[Shard, str] = {}
        self._plan = plan
        self._counts = np.array([plan.shards[split] for split in SPLITS], np.uint64)
        self._encoder = ExampleEncoder(columns, plan.params.key_column)
        self._waiting: defaultdict[Shard, _Rows] = defaultdict(_Rows)
        self._files: dict[Shard, BinaryIO] = {}
        self._open = ExitStack()

    def __enter__(self) -> "PartFiles":
        fileio.makedirs(self._plan.folders[PARTS])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._open:
            if kind is None:
                self._write(at_least=1)

    def add(self, batch: RowBatch, hashes: Hashes) -> None:
        """Write rows.

        Args:
            batch: The rows.
            hashes: Their `text_hashes`.
        """
        for row in batch.bad:
            reason = {"file": row.file, "line": row.line, "reason": row.reason}
            self._waiting[REJECTED, 0].keys.append(row.line)
            self._waiting[REJECTED, 0].records.append(json.dumps(reason).encode())
        keys = order_hashes(batch)
        shards = zip(*self._shards(batch, hashes, keys), strict=True)
        rows = zip(shards, keys.tolist(), self._encoder.encode(batch), strict=True)
        for shard, key, example in rows:
            waiting = self._waiting[shard]
            waiting.keys.append(key)
            waiting.records.append(example)
        self._write(at_least=_ROWS_AT_A_TIME)

    def _shards(
        self, batch: RowBatch, hashes: Hashes, keys: Hashes
    ) -> tuple[Iterable[str], list[int]]:
        """Give the split and the number of the shard of each row."""
        labels = map(str, batch.column(self._plan.params.label_column))
        places = self._plan.splits.places_of(hashes, labels)
        return map(SPLITS.__getitem__, places.tolist()), (keys % self._counts[places]).tolist()

    def _write(self, at_least: int) -> None:
        """Write out where enough rows wait: few of many shards get any of a batch."""
        for shard, rows in self._waiting.items():
            if len(rows.keys) >= at_least:
                self._file(shard).write(rows.packed())
                rows.clear()

    def _file(self, shard: Shard) -> BinaryIO:
        if shard not in self._files:
            self.paths[shard] = f"{self._plan.folders[PARTS]}/{uuid.uuid4().hex}"
            self._files[shard] = self._open.enter_context(open_to_write(self.paths[shard]))
        return self._files[shard]


class _Rows:
    """Rows of a part: what they are sorted by, and their records."""

    def __init__(self) -> None:
        self.keys: list[int] = []
        self.records: list[bytes] = []

    def clear(self) -> None:
        self.keys.clear()
        self.records.clear()

    def packed(self) -> bytes:
        """Write their number, all keys, all lengths and all records."""
        head = np.array([len(self.keys), *self.keys, *map(len, self.records)], np.uint64)
        return head.tobytes() + b"".join(self.records)


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
        A hash for each, shape [rows].
    """
    start = np.frombuffer(hashlib.sha256(batch.file.encode()).digest(), np.uint64, 1)
    hashes: Hashes = pd.util.hash_array(np.asarray(batch.numbers, np.uint64) + start)
    return hashes
