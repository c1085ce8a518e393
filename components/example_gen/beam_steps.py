"""The Beam steps of ExampleGen.

The files are read twice: one pass learns column types and splits, one writes. Rows are streamed;
the second pass shuffles them on disk, so memory does not grow with the number of rows
(but for 8 bytes each that the splits are planned with).
"""

import itertools
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeAlias

import apache_beam as beam
import tensorflow as tf
from tfx.dsl.io import fileio

from components.example_gen.analysis import Analysis
from components.example_gen.batches import RowBatch, read_batches
from components.example_gen.column_types import ColumnType
from components.example_gen.example_encoding import ExampleEncoder
from components.example_gen.params import DataParams
from components.example_gen.sources import SourceFile
from components.example_gen.splits import SplitPlan, order_hashes, text_hashes
from components.tfrecords import pack, read_tfrecord_file, unpack, write_tfrecord_file
from models.errors import InvalidInputError

REJECTED = "rejected"
PARTS = "parts"
REJECTS_FILE = "rejects.jsonl"
KEY_BYTES = 8

Shard: TypeAlias = tuple[str, int]
"""A split, or `rejected`, and the number of one of its files."""


@dataclass(frozen=True)
class WritePlan:
    """How the second pass encodes, splits and shards rows.

    Attributes:
        params: Names the columns.
        columns: Every column and its type.
        splits: The split of each row.
        shards: Number of files by split.
        folders: Where files go, by split; `rejected` and `parts` have one, too.
    """

    params: DataParams
    columns: dict[str, ColumnType]
    splits: SplitPlan
    shards: dict[str, int]
    folders: dict[str, str]


class AnalyseFile(beam.DoFn):
    """Learn what one file holds; its rows themselves never go through Beam, which takes longer."""

    def __init__(self, params: DataParams) -> None:
        self._params = params

    def process(self, source: SourceFile) -> Iterator[Analysis]:
        """Yield the file's analysis, or why it is refused: an exception would arrive in tatters."""
        analysis = _no_rows(self._params, source)
        try:
            for batch in read_batches(source, self._params):
                analysis.add(batch)
        except InvalidInputError as exc:
            analysis.refusal = str(exc)
        yield analysis


class MergeAnalyses(beam.CombineFn):
    """Combine analyses into a JSON object: `refusal`, or `summary` (a `SourceSummary`)."""

    def __init__(self, params: DataParams, files: tuple[SourceFile, ...]) -> None:
        self._params = params
        self._files = files

    def create_accumulator(self) -> Analysis:
        """Start with no rows."""
        return _no_rows(self._params, self._files[0])

    def add_input(self, accumulator: Analysis, analysis: Analysis) -> Analysis:
        """Take one file into account."""
        accumulator.merge(analysis)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Analysis]) -> Analysis:
        """Merge the analyses of several bundles."""
        merged = self.create_accumulator()
        for accumulator in accumulators:
            merged.merge(accumulator)
        return merged

    def extract_output(self, accumulator: Analysis) -> str:
        """Sum up, as JSON."""
        if accumulator.refusal:
            return json.dumps({"refusal": accumulator.refusal})
        return json.dumps({"summary": accumulator.summary(self._files).model_dump(mode="json")})


def _no_rows(params: DataParams, source: SourceFile) -> Analysis:
    return Analysis(params, numbers_as_text=source.format in {"csv", "tsv"})


class PartitionRows(beam.DoFn):
    """Write the rows of one file to unsorted part files, one for each shard they go to.

    Parts on disk instead of a GroupByKey over rows: Beam's local runner keeps all it groups in
    memory (2.5 kB for a row of 60 words were measured).
    """

    def __init__(self, plan: WritePlan) -> None:
        self._plan = plan
        self._encoder = ExampleEncoder(plan.columns, plan.params.key_column)

    def process(self, source: SourceFile) -> Iterator[tuple[Shard, str]]:
        """Yield shard and path of each part; a retried bundle's parts have names of their own."""
        folder = self._plan.folders[PARTS]
        fileio.makedirs(folder)
        paths: dict[Shard, str] = {}
        with ExitStack() as stack:
            writers: dict[Shard, tf.io.TFRecordWriter] = {}
            for batch in read_batches(source, self._plan.params):
                for shard, records in self._by_shard(batch).items():
                    if shard not in writers:
                        paths[shard] = f"{folder}/{uuid.uuid4().hex}"
                        writers[shard] = stack.enter_context(tf.io.TFRecordWriter(paths[shard]))
                    writers[shard].write(pack(records))
        yield from paths.items()

    def _by_shard(self, batch: RowBatch) -> dict[Shard, list[bytes]]:
        """Give each shard's rows: their sort key with the serialized tf.Example (or reason)."""
        plan = self._plan
        shards = defaultdict(list)
        for row in batch.bad:
            reason = {"file": row.file, "line": row.line, "reason": row.reason}
            key = row.line.to_bytes(KEY_BYTES, "big")
            shards[REJECTED, 0].append(key + json.dumps(reason).encode())
        labels = map(str, batch.column(plan.params.label_column))
        splits = map(plan.splits.split_of, text_hashes(batch, plan.params), labels)
        rows = zip(splits, order_hashes(batch), self._encoder.encode(batch), strict=True)
        for split, key, example in rows:
            number = int.from_bytes(key, "big") % plan.shards[split]
            shards[split, number].append(key + example)
        return shards


class MergeParts(beam.DoFn):
    """Sort the parts of one shard and write it; yield how many rows it has."""

    def __init__(self, plan: WritePlan) -> None:
        self._plan = plan

    def process(self, group: tuple[Shard, Iterable[str]]) -> Iterator[tuple[str, int]]:
        """Write under another name, then rename: a retried bundle leaves no half file."""
        (split, shard), parts = group
        packed = itertools.chain.from_iterable(map(read_tfrecord_file, parts))
        rows = sorted(itertools.chain.from_iterable(map(unpack, packed)))
        name = self._file_name(split, shard)
        unfinished = f"{self._plan.folders[PARTS]}/{uuid.uuid4().hex}-{name}"
        if split == REJECTED:
            _write_lines(unfinished, rows)
        else:
            write_tfrecord_file(unfinished, (row[KEY_BYTES:] for row in rows))
        fileio.makedirs(self._plan.folders[split])
        fileio.rename(unfinished, f"{self._plan.folders[split]}/{name}", overwrite=True)
        yield split, len(rows)

    def _file_name(self, split: str, shard: int) -> str:
        if split == REJECTED:
            return REJECTS_FILE
        return f"data_tfrecord-{shard:05d}-of-{self._plan.shards[split]:05d}.gz"


def _write_lines(path: str, rows: Iterable[bytes]) -> None:
    with fileio.open(path, "w") as file:
        for row in rows:
            file.write(row[KEY_BYTES:].decode() + "\n")


def write_text(text: str, path: str) -> None:
    """Write a small text file: how a pass hands its result back to the main process."""
    with fileio.open(path, "w") as file:
        file.write(text)
