"""The second pass: write the rows that stay, and those that do not to a table of their own."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
from tfx.dsl.io import fileio

from bert_aas.preparation.params import PreparationRules
from bert_aas.preparation.rows import Reason, order_hash
from bert_aas.preparation.summary import EXCERPT
from bert_aas.tables.arrow import pa, parquet
from components.example_features import bytes_entry, first_bytes, joined_features, split_features
from components.framed_records import FramedRecords, write_framed
from components.preparer.columns import RowColumns
from components.preparer.deciding import COPIES, REASONS
from components.preparer.parts import ROWS, Part, load_array
from components.preparer.preparing.changes import keep_lowest
from components.tfrecords import open_to_write, write_tfrecord_file

DROPPED = "dropped.parquet"
_SCHEMA = pa.schema([(name, pa.string()) for name in ("split", "key", "reason", "label", "text")])


class Written(NamedTuple):
    """What the second pass made of a part.

    Attributes:
        split: Its split.
        rows: Rows written, repetitions counted.
        folder: Where its dropped rows are.
        examples: By reason some of the dropped rows, each with the hash of its key first.
    """

    split: str
    rows: int
    folder: str
    examples: dict[str, list[list[Any]]]


class WriteFile(beam.DoFn):
    """Write the rows of one part."""

    def __init__(
        self, columns: RowColumns, rules: PreparationRules, folders: dict[str, str]
    ) -> None:
        """Remember where rows go.

        Args:
            columns: Which columns hold text, pair, label and key.
            rules: The rules.
            folders: Folder of each split.
        """
        self._columns = columns
        self._rules = rules
        self._folders = folders

    def process(self, part: Part) -> Iterator[str]:
        """Write under another name, then rename: a retried bundle leaves no half file.

        Args:
            part: The part.

        Yields:
            A `Written` as JSON.
        """
        copies = load_array(f"{part.folder}/{COPIES}")
        records = FramedRecords.read(f"{part.folder}/{ROWS}")
        rows = 0
        if copies.any():
            name = part.file.path.rpartition("/")[2]
            unfinished = f"{part.folder}/{uuid.uuid4().hex}-{name}"
            rows = self._write(unfinished, records, np.asarray(copies))
            folder = self._folders[part.file.split]
            fileio.makedirs(folder)
            fileio.rename(unfinished, f"{folder}/{name}", overwrite=True)
        examples = self._write_dropped(part, records)
        yield json.dumps(Written(part.file.split, rows, part.folder, examples))

    def _write(self, path: str, records: FramedRecords, copies: Any) -> int:
        if copies.max() <= 1:
            write_framed(path, records.chosen(copies > 0))
            return int(copies.sum())
        # Repetitions do not stand beside their row: the hashes of the keys shuffle them.
        repeated = [
            each
            for row, count in enumerate(copies.tolist())
            for each in self._repeated(records[row], count)
        ]
        repeated.sort()
        return write_tfrecord_file(path, (record for _, record in repeated))

    def _repeated(self, record: bytes, count: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield a row and its repetitions, whose keys end in `#1`, `#2` and so on."""
        features = split_features(record)
        name = self._columns.row_key
        key = (first_bytes(features.get(name)) or b"").decode()
        for number in range(count):
            copy = f"{key}#{number}" if number else key
            if number:
                features[name] = bytes_entry(name, copy.encode())
            yield order_hash(copy, self._rules.seed), joined_features(features)

    def _write_dropped(self, part: Part, records: FramedRecords) -> dict[str, list[list[Any]]]:
        reasons = load_array(f"{part.folder}/{REASONS}")
        orders = load_array(f"{part.folder}/orders.npy")
        dropped: list[dict[str, str]] = []
        examples: defaultdict[str, list[list[Any]]] = defaultdict(list)
        for place in np.flatnonzero(reasons).tolist():
            row = self._described(records[place], part, Reason(int(reasons[place])))
            dropped.append(row)
            shown = [int(orders[place]), row]
            keep_lowest(examples[row["reason"]], shown, self._rules.examples)
        with open_to_write(f"{part.folder}/{DROPPED}") as file:
            parquet.write_table(pa.Table.from_pylist(dropped, _SCHEMA), file)
        return dict(examples)

    def _described(self, record: bytes, part: Part, reason: Reason) -> dict[str, str]:
        features = split_features(record)
        names = self._columns

        def text(name: str) -> str:
            return (first_bytes(features.get(name)) or b"").decode()

        texts = [text(name) for name in (names.text, names.text_pair) if name]
        return {
            "split": part.file.split,
            "key": text(names.row_key),
            "reason": reason.called,
            "label": text(names.label),
            "text": " ".join(texts)[:EXCERPT],
        }


def join_dropped(folders: Iterable[str], path: str) -> None:
    """Put the dropped rows of all parts into one table.

    Args:
        folders: The folders of the parts.
        path: The table to make.
    """
    with open_to_write(path) as file, parquet.ParquetWriter(file, _SCHEMA) as writer:
        for folder in folders:
            with fileio.open(f"{folder}/{DROPPED}", "rb") as source:
                table = parquet.read_table(pa.BufferReader(source.read()))
            if table.num_rows:
                writer.write_table(table)
