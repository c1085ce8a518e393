"""The Beam steps of ExampleGen.

The first pass learns column types, classes and splits, and writes each row to a part of its shard
on the way. Files whose rows it could not write yet (the split depends on all rows, or a column's
type changed on the way) are read once more. In the end parts are sorted, shard by shard. Rows are
streamed and shuffled on disk, so memory does not grow with their number (but for 8 bytes each where
splits are stratified).
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import apache_beam as beam
from tfx.dsl.io import fileio

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.tables.sources import SourceFile
from components.example_gen.params import DataParams
from components.example_gen.reading.batches import RowBatch, read_batches
from components.example_gen.reading.column_types import ColumnType
from components.example_gen.splitting.analysis import Analysis
from components.example_gen.splitting.splits import Hashes, split_keys
from components.example_gen.writing.parts import (
    PARTS,
    REJECTED,
    PartFiles,
    Shard,
    WritePlan,
    opened_parts,
    read_sorted,
)
from components.tfrecords import write_tfrecord_file

REJECTS_FILE = "rejects.jsonl"


@dataclass(frozen=True)
class WrittenFile:
    """What of one file has been written.

    Attributes:
        path: The file.
        columns: The columns its rows were encoded with, and their types; none: nothing was written.
        parts: Shard and path of each part.
    """

    path: str
    columns: dict[str, ColumnType] | None = None
    parts: tuple[tuple[Shard, str], ...] = ()


@dataclass
class Findings:
    """What the first pass has found: accumulates over files.

    Attributes:
        analysis: Of the rows.
        written: One entry for each file.
    """

    analysis: Analysis
    written: list[WrittenFile] = field(default_factory=list)


class ReadFile(beam.DoFn):
    """Learn what one file holds and write its rows; they never go through Beam, which is slower."""

    def __init__(self, params: DataParams, plan: WritePlan | None) -> None:
        """Remember what to do.

        Args:
            params: What to read and how.
            plan: Where rows go; none if that depends on rows still to come.
        """
        self._params = params
        self._plan = plan

    def process(self, source: SourceFile) -> Iterator[Findings]:
        """Yield the file's findings, or why it is refused: an exception would arrive in tatters."""
        analysis = _no_rows(self._params, source)
        written = WrittenFile(source.path)
        try:
            with ExitStack() as stack:
                writing = _EarlyParts(self._plan, stack)
                for batch in read_batches(source, self._params):
                    hashes = split_keys(batch, self._params)
                    analysis.add(batch, hashes)
                    writing.add(batch, hashes, analysis.columns())
            written = writing.result(source)
        except InvalidInputError as exc:
            analysis.refusal = str(exc)
        yield Findings(analysis, [written])


class _EarlyParts:
    """Parts written while types are being learnt; given up as soon as a column's type changes."""

    def __init__(self, plan: WritePlan | None, stack: ExitStack) -> None:
        self._plan = plan
        self._stack = stack
        self._parts: PartFiles | None = None

    def add(self, batch: RowBatch, hashes: Hashes, columns: dict[str, ColumnType]) -> None:
        if self._plan is None:
            return
        if self._parts is None:
            self._parts = self._stack.enter_context(opened_parts(self._plan, columns))
        if columns != self._parts.columns:
            self._plan = None
            return
        self._parts.add(batch, hashes)

    def result(self, source: SourceFile) -> WrittenFile:
        if self._plan is None or self._parts is None:
            return WrittenFile(source.path)
        parts = self._parts
        return WrittenFile(source.path, parts.columns, tuple(parts.paths.items()))


class MergeFindings(beam.CombineFn):
    """Combine findings into a JSON object, as text.

    It has `refusal`, or `summary` (a `SourceSummary`), `parts` (split, number of the shard and path
    of each part whose rows are encoded as they must be) and `again` (paths of the other files).
    """

    def __init__(self, params: DataParams, files: tuple[SourceFile, ...]) -> None:
        self._params = params
        self._files = files

    def create_accumulator(self) -> Findings:
        """Start with no rows."""
        return Findings(_no_rows(self._params, self._files[0]))

    def add_input(self, accumulator: Findings, findings: Findings) -> Findings:
        """Take one file into account."""
        accumulator.analysis.merge(findings.analysis)
        accumulator.written.extend(findings.written)
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Findings]) -> Findings:
        """Merge the findings of several bundles."""
        merged = self.create_accumulator()
        for accumulator in accumulators:
            self.add_input(merged, accumulator)
        return merged

    def extract_output(self, accumulator: Findings) -> str:
        """Sum up, as JSON."""
        analysis = accumulator.analysis
        if analysis.refusal:
            return json.dumps({"refusal": analysis.refusal})
        columns = analysis.columns()
        valid = [file for file in accumulator.written if file.columns == columns]
        found: dict[str, Any] = {
            "summary": analysis.summary(self._files).model_dump(mode="json"),
            "parts": [[*shard, path] for file in valid for shard, path in file.parts],
            "again": [file.path for file in accumulator.written if file.columns != columns],
        }
        return json.dumps(found)


def _no_rows(params: DataParams, source: SourceFile) -> Analysis:
    return Analysis(params, numbers_as_text=source.format in {"csv", "tsv"})


class PartitionRows(beam.DoFn):
    """Write the rows of one file to parts, with what is known after the first pass."""

    def __init__(self, plan: WritePlan, columns: dict[str, ColumnType]) -> None:
        self._plan = plan
        self._columns = columns

    def process(self, source: SourceFile) -> Iterator[tuple[Shard, str]]:
        """Yield shard and path of each part."""
        with opened_parts(self._plan, self._columns) as parts:
            for batch in read_batches(source, self._plan.params):
                parts.add(batch, split_keys(batch, self._plan.params))
        yield from parts.paths.items()


class MergeParts(beam.DoFn):
    """Sort the parts of one shard and write it; yield how many rows it has."""

    def __init__(self, plan: WritePlan) -> None:
        self._plan = plan

    def process(self, group: tuple[Shard, Iterable[str]]) -> Iterator[tuple[str, int]]:
        """Write under another name, then rename: a retried bundle leaves no half file."""
        (split, shard), parts = group
        rows = read_sorted(parts)
        name = self._file_name(split, shard)
        unfinished = f"{self._plan.folders[PARTS]}/{uuid.uuid4().hex}-{name}"
        if split == REJECTED:
            _write_lines(unfinished, rows)
        else:
            write_tfrecord_file(unfinished, rows)
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
            file.write(row.decode() + "\n")


def write_text(text: str, path: str) -> None:
    """Write a small text file: how a pass hands its result back to the main process."""
    with fileio.open(path, "w") as file:
        file.write(text)
