"""Write rows, encoded and unsorted, to part files: one for each shard that they go to.

Parts on disk instead of a GroupByKey over rows: Beam's local runner keeps all it groups in memory
(2.5 kB for a row of 60 words were measured).
"""

import hashlib
import json
import uuid
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TypeAlias

import numpy as np
import pandas as pd
import tensorflow as tf
from tfx.dsl.io import fileio

from components.example_gen.batches import RowBatch
from components.example_gen.column_types import ColumnType
from components.example_gen.example_encoding import ExampleEncoder
from components.example_gen.params import DataParams
from components.example_gen.splits import Hashes, SplitPlan
from components.tfrecords import pack

REJECTED = "rejected"
PARTS = "parts"
KEY_BYTES = 8

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
        self._encoder = ExampleEncoder(columns, plan.params.key_column)
        self._writers: dict[Shard, tf.io.TFRecordWriter] = {}
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
        self._open.close()

    def add(self, batch: RowBatch, hashes: Hashes) -> None:
        """Write rows.

        Args:
            batch: The rows.
            hashes: Their `text_hashes`.
        """
        for shard, records in self._by_shard(batch, hashes).items():
            self._writer(shard).write(pack(records))

    def _writer(self, shard: Shard) -> tf.io.TFRecordWriter:
        if shard not in self._writers:
            self.paths[shard] = f"{self._plan.folders[PARTS]}/{uuid.uuid4().hex}"
            writer = tf.io.TFRecordWriter(self.paths[shard])
            self._writers[shard] = self._open.enter_context(writer)
        return self._writers[shard]

    def _by_shard(self, batch: RowBatch, hashes: Hashes) -> dict[Shard, list[bytes]]:
        """Give each shard's rows: their sort key with the serialized tf.Example (or reason)."""
        shards = defaultdict(list)
        for row in batch.bad:
            reason = {"file": row.file, "line": row.line, "reason": row.reason}
            key = row.line.to_bytes(KEY_BYTES, "big")
            shards[REJECTED, 0].append(key + json.dumps(reason).encode())
        labels = map(str, batch.column(self._plan.params.label_column))
        splits = self._plan.splits.splits_of(hashes, labels)
        order = order_hashes(batch)
        keys = order.astype(">u8").tobytes()
        rows = zip(splits, order.tolist(), self._encoder.encode(batch), strict=True)
        for place, (split, number, example) in enumerate(rows):
            key = keys[KEY_BYTES * place : KEY_BYTES * (place + 1)]
            shards[split, number % self._plan.shards[split]].append(key + example)
        return shards


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
