"""Columns of many tf.Examples at a time, as Arrow's arrays: tokens never are objects of Python."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

from bert_aas.tables.arrow import pa
from components.tfrecords import batched, read_tfrecord_file

_ID = pa.int32()


class ExampleColumns:
    """The features of some examples."""

    def __init__(self, decoded: Any) -> None:
        """Take what TFX's decoder gives.

        Args:
            decoded: A record batch of lists, null where an example lacks the feature.
        """
        self._rows: int = decoded.num_rows
        columns = zip(decoded.schema.names, decoded.columns, strict=True)
        self._columns = {name: each for name, each in columns if each.type != pa.null()}

    def __len__(self) -> int:
        return self._rows

    def first(self, name: str) -> Any:
        """Give the first value of a feature of each example.

        Args:
            name: The feature.

        Returns:
            An array of its type; null where there is none.
        """
        if name not in self._columns:
            return pa.nulls(self._rows)
        column = self._columns[name]
        sizes = _sizes(column)
        return column.values.take(pa.array(np.asarray(column.offsets)[:-1], mask=sizes == 0))

    def spelt(self, name: str) -> Any:
        """Give the first value of a feature of each example as a text.

        Args:
            name: The feature.

        Returns:
            An array of texts; null where there is none.
        """
        found = self.first(name)
        if not pa.types.is_floating(found.type):
            try:
                return found.cast(pa.large_string()).cast(pa.string())
            except pa.ArrowInvalid:  # some text is no UTF-8
                pass
        return pa.array([*map(_spelt, found.to_pylist())], pa.string())

    def ids(self, name: str) -> Any:
        """Give a feature of whole numbers.

        Args:
            name: The feature.

        Returns:
            An array of lists of int32; empty ones where there is no value.
        """
        if name not in self._columns:
            return pa.array([[]] * self._rows, pa.list_(_ID))
        column = self._columns[name]
        ends = np.concatenate([[0], np.cumsum(_sizes(column))])
        return pa.ListArray.from_arrays(pa.array(ends, _ID), column.flatten().cast(_ID))


def _sizes(column: Any) -> Any:
    """Count the values of each example, `[n]`."""
    sizes = np.diff(np.asarray(column.offsets))
    return np.where(np.asarray(column.is_valid()), sizes, 0)


def filled(lists: Any, number: int) -> Any:
    """Give lists of the same lengths that hold one number.

    Args:
        lists: An array of lists of int32, as `ids` gives it.
        number: The number.

    Returns:
        The array.
    """
    values = np.full(len(lists.values), number, np.int32)
    return pa.ListArray.from_arrays(lists.offsets, pa.array(values))


def read_columns(paths: Sequence[str]) -> Iterator[tuple[ExampleColumns, ...]]:
    """Read files of the same rows side by side.

    Args:
        paths: Paths or URIs.

    Yields:
        For each file the same rows of it; fewer or none where a file has fewer.
    """
    decoder = ExamplesToRecordBatchDecoder()
    files = (batched(read_tfrecord_file(path)) for path in paths)
    for batches in itertools.zip_longest(*files, fillvalue=[]):
        yield tuple(ExampleColumns(decoder.DecodeBatch(batch)) for batch in batches)


def _spelt(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return None if value is None else str(value)
