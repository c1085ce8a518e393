"""The rows of one file while they are prepared, a batch at a time.

Most rows stay as they are. A few operations of NumPy tell them for a whole batch, and their bytes
are passed through; only the others are looked at row by row.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from bert_aas.preparation.comparing.bands import band_hashes
from bert_aas.preparation.comparing.shingles import Shingler, Shingles
from bert_aas.preparation.params import PreparationRules
from bert_aas.preparation.rows import (
    LABEL_MAP,
    PreparedRow,
    RowPreparer,
    order_hashes,
    text_hashes,
)
from bert_aas.preparation.texts.plain import PlainTexts
from bert_aas.preparation.texts.steps import sought_by
from components.example_features import bytes_entry, split_features
from components.framed_records import FramedRecords
from components.preparer.columns import RowColumns
from components.preparer.parts import InputFile, Part, save_array
from components.preparer.preparing.changes import Changes
from components.preparer.preparing.labels import LabelNumbers
from components.preparer.preparing.row_batch import RowBatch

_BATCH_ROWS = 8192
_BATCH_BYTES = 2**21
_MOST_BYTES = 4  # of a character
_KINDS = {"texts": np.uint64, "orders": np.uint64, "labels": np.int32, "reasons": np.uint8}
"""The arrays with one value for each row; `deciding` reads them."""


class FileRows:
    """Prepares the rows of one file, and remembers what they are compared by."""

    def __init__(self, rules: PreparationRules, columns: RowColumns) -> None:
        """Make the rules ready.

        Args:
            rules: The rules.
            columns: Which columns they are about.
        """
        self._rules = rules
        self._prepare = RowPreparer(rules)
        self._plain = PlainTexts(sought_by(rules.steps))
        names = (columns.text, columns.text_pair)
        self._text_names = [name for name in names if name is not None]
        self._label_name = columns.label
        self._names = [*self._text_names, columns.label, columns.row_key, *rules.drop_columns]
        near = rules.near_duplicates
        self._shingler = None if near.threshold is None else Shingler(near.words)
        self._shingled: list[Shingles] = []
        self._labels = LabelNumbers(self._prepare.class_of)
        self._facts: list[tuple[Any, ...]] = []
        self._columns: dict[str, bytes] = {}
        self._changes = Changes(rules.examples)

    def prepared(self, records: FramedRecords) -> Iterator[bytes]:
        """Prepare the records of a file.

        Args:
            records: The records.

        Yields:
            The same after the rules, in their frames and in their order, some at a time.
        """
        for some in records.batches(_BATCH_ROWS, _BATCH_BYTES):
            if not self._columns:
                self._columns = split_features(some[0])
            batch = RowBatch(some, self._names, len(self._text_names))
            self._prepare_batch(batch)
            yield batch.framed()

    def _prepare_batch(self, batch: RowBatch) -> None:
        orders = np.frombuffer(order_hashes(batch.keys, self._rules.seed), np.uint64)
        labels, classes, reasons, is_changed = self._labels.look_up(batch.labels)
        is_long = batch.bytes_of_texts() >= _MOST_BYTES * self._rules.min_characters
        stays = batch.plain(self._plain) & is_long & ~is_changed & (not self._rules.drop_columns)
        for row in np.flatnonzero(~stays).tolist():
            before = [values[row].decode() for values in batch.texts]
            label = self._labels.names[labels[row]]
            made = self._prepare(before, label)
            reasons[row] = made.reason
            if made.changed:
                name = (int(orders[row]), batch.keys[row].decode())
                self._changes.note(made, name, (" ".join(before), label))
            if entries := self._new_entries(before, made):
                batch.change(row, entries)
            for values, text in zip(batch.texts, made.texts, strict=True):
                values[row] = text.encode()
        self._facts.append((_text_hashes(batch.texts), orders, classes, reasons))
        if self._shingler is not None:
            texts = [b" ".join(each).decode() for each in zip(*batch.texts, strict=True)]
            self._shingled.append(self._shingler(texts))

    def _new_entries(self, before: list[str], made: PreparedRow) -> dict[int, bytes]:
        """Give what a row has in place of some of its features, by the places of their names."""
        left_out = range(len(self._names) - len(self._rules.drop_columns), len(self._names))
        new = dict.fromkeys(left_out, b"")
        for place, name in enumerate(self._text_names):
            if made.texts[place] != before[place]:
                new[place] = bytes_entry(name, made.texts[place].encode())
        if LABEL_MAP in made.changed:
            new[len(self._text_names)] = bytes_entry(self._label_name, made.label.encode())
        return new

    def save(self, folder: str) -> None:
        """Write what the rows are compared by.

        Args:
            folder: Where.
        """
        for place, (name, kind) in enumerate(_KINDS.items()):
            found = [batch[place] for batch in self._facts]
            save_array(f"{folder}/{name}.npy", np.concatenate([np.zeros(0, kind), *found]))
        threshold = self._rules.near_duplicates.threshold
        if threshold is not None:
            _save_shingles(folder, self._shingled, threshold)

    def part(self, file: InputFile, folder: str) -> Part:
        """Sum up.

        Args:
            file: The file that the rows are of.
            folder: Where they were written.

        Returns:
            What was made of them.
        """
        return Part(
            file=file,
            folder=folder,
            rows=sum(len(batch[0]) for batch in self._facts),
            columns=tuple(self._columns),
            classes=tuple(self._labels.classes),
            labels_before=self._labels.rows(),
            changed=dict(self._changes.rows),
            examples=dict(self._changes.examples),
        )


def _text_hashes(texts: list[list[bytes]]) -> Any:
    joined = texts[0] if len(texts) == 1 else map(b"\0".join, zip(*texts, strict=True))
    return np.frombuffer(text_hashes(joined), np.uint64)


def _save_shingles(folder: str, shingled: list[Shingles], threshold: float) -> None:
    bands = [band_hashes(shingles, threshold) for shingles in shingled]
    save_array(f"{folder}/bands.npy", np.concatenate(bands, axis=1))
    shingles = Shingles.joined(shingled)
    save_array(f"{folder}/shingles.npy", shingles.values)
    save_array(f"{folder}/ends.npy", shingles.ends)
