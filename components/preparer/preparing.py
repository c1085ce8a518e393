"""The first pass: each row by the rules that need no other row, and what others must know of it."""

import dataclasses
import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import numpy as np
from tfx.dsl.io import fileio

from bert_aas.preparation.comparing.near_duplicates import Shingler, band_hashes
from bert_aas.preparation.params import PersonalData, PreparationRules
from bert_aas.preparation.rows import LABEL_MAP, PreparedRow, RowPreparer, order_hash, text_hash
from bert_aas.preparation.summary import EXCERPT
from components.example_features import bytes_entry, joined_features, read_values, split_features
from components.preparer.columns import RowColumns
from components.preparer.parts import ROWS, InputFile, Part, save_array
from components.tfrecords import read_tfrecord_batches, write_tfrecord_file

_PERSONAL = frozenset(PersonalData.__args__)  # type: ignore[attr-defined]


class PrepareFile(beam.DoFn):
    """Prepare the rows of one file; they never go through Beam, which is slower."""

    def __init__(self, rules: PreparationRules, columns: RowColumns, parts: str) -> None:
        """Remember what to do.

        Args:
            rules: The rules.
            columns: Which columns they are about.
            parts: Folder for files between the passes.
        """
        self._rules = rules
        self._columns = columns
        self._parts = parts

    def process(self, file: InputFile) -> Iterator[str]:
        """Write the rows to a folder of their own.

        Args:
            file: The file.

        Yields:
            The `Part` as JSON.
        """
        folder = f"{self._parts}/{uuid.uuid4().hex}"
        fileio.makedirs(folder)
        rows = _FileRows(self._rules, self._columns)
        write_tfrecord_file(f"{folder}/{ROWS}", rows.prepared(file.path))
        rows.save(folder)
        yield json.dumps(dataclasses.asdict(rows.part(file, folder)))


class _FileRows:
    """The rows of one file while they are prepared."""

    def __init__(self, rules: PreparationRules, columns: RowColumns) -> None:
        self._rules = rules
        self._prepare = RowPreparer(rules)
        names = (columns.text, columns.text_pair)
        self._text_names = [name for name in names if name is not None]
        self._label_name = columns.label
        read = [*self._text_names, columns.label, columns.row_key]
        self._places = {name.encode(): place for place, name in enumerate(read)}
        near = rules.near_duplicates
        self._shingler = None if near.threshold is None else Shingler(near.words)
        self._shingled: list[Any] = []
        self._texts: list[bytes] = []
        self._orders: list[bytes] = []
        self._labels: list[int] = []
        self._reasons = bytearray()
        self._classes: dict[str, int] = {}
        self._columns: dict[str, None] = {}
        self._before: Counter[str] = Counter()
        self._changed: Counter[str] = Counter()
        self._examples: defaultdict[str, list[list[Any]]] = defaultdict(list)

    def prepared(self, path: str) -> Iterator[bytes]:
        """Prepare the records of a file."""
        for records in read_tfrecord_batches(path):
            texts = []
            for record in records:
                row, new = self._row(record)
                texts.append(" ".join(row.texts))
                yield new
            if self._shingler is not None:
                self._shingled.append(self._shingler(texts))

    def _row(self, record: bytes) -> tuple[PreparedRow, bytes]:
        if not self._columns:
            self._columns = dict.fromkeys(split_features(record))
        *texts, label, key = map(_text, read_values(record, self._places))
        row = self._prepare(texts, label)
        order = order_hash(key, self._rules.seed)
        self._orders.append(order)
        self._texts.append(text_hash(row.texts))
        self._reasons.append(row.reason)
        self._labels.append(self._classes.setdefault(row.label, len(self._classes)))
        self._before[label] += 1
        if row.changed:
            self._note(row, order, key, (" ".join(texts), label))
        return row, self._written(record, texts, row)

    def _note(self, row: PreparedRow, order: bytes, key: str, before: tuple[str, str]) -> None:
        """Count a change by its rules, and keep it as an example if its key's hash is low."""
        after = (" ".join(row.texts), row.label)
        is_personal = not _PERSONAL.isdisjoint(row.changed)
        for rule in row.changed:
            self._changed[rule] += 1
            place = int(rule == LABEL_MAP)
            shown = None if is_personal and not place else before[place][:EXCERPT]
            keep_lowest(
                self._examples[rule],
                [int.from_bytes(order, "little"), key, shown, after[place][:EXCERPT]],
                self._rules.examples,
            )

    def _written(self, record: bytes, texts: list[str], row: PreparedRow) -> bytes:
        """Put in what changed and take out what is left out; else the bytes stay."""
        if not row.changed and not self._rules.drop_columns:
            return record
        features = split_features(record)
        for name, before, text in zip(self._text_names, texts, row.texts, strict=True):
            if text != before:
                features[name] = bytes_entry(name, text.encode())
        if LABEL_MAP in row.changed:
            features[self._label_name] = bytes_entry(self._label_name, row.label.encode())
        for name in self._rules.drop_columns:
            features.pop(name, None)
        return joined_features(features)

    def save(self, folder: str) -> None:
        """Write what the rows are compared by."""
        save_array(f"{folder}/texts.npy", np.frombuffer(b"".join(self._texts), np.uint64))
        save_array(f"{folder}/orders.npy", np.frombuffer(b"".join(self._orders), np.uint64))
        save_array(f"{folder}/labels.npy", np.array(self._labels, np.int32))
        save_array(f"{folder}/reasons.npy", np.frombuffer(bytes(self._reasons), np.uint8))
        threshold = self._rules.near_duplicates.threshold
        if threshold is None:
            return
        bands = [band_hashes(shingles, threshold) for shingles in self._shingled]
        ends, start = [], 0
        for shingles in self._shingled:
            ends.append(shingles.ends + start)
            start += len(shingles.values)
        values = [shingles.values for shingles in self._shingled]
        save_array(f"{folder}/bands.npy", np.concatenate(bands, axis=1))
        save_array(f"{folder}/shingles.npy", np.concatenate(values))
        save_array(f"{folder}/ends.npy", np.concatenate(ends))

    def part(self, file: InputFile, folder: str) -> Part:
        """Sum up."""
        return Part(
            file=file,
            folder=folder,
            rows=len(self._labels),
            columns=tuple(self._columns),
            classes=tuple(self._classes),
            labels_before=dict(self._before),
            changed=dict(self._changed),
            examples=dict(self._examples),
        )


def keep_lowest(examples: list[list[Any]], new: list[Any], limit: int) -> None:
    """Take an example in if it is among the first: the same ones whatever the order of rows.

    Args:
        examples: Some, each with a hash first, ascending; changed in place.
        new: Another one.
        limit: How many to keep.
    """
    if len(examples) < limit or (limit and new[0] < examples[-1][0]):
        examples.append(new)
        examples.sort(key=lambda example: int(example[0]))
        del examples[limit:]


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode()
