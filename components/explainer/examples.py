"""Read rows of a split: all of them for the choice, the chosen ones with their columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tfx.dsl.io import fileio

from bert_aas.explanations.sampling import ClassSample
from components.example_features import read_values
from components.tfrecords import read_tfrecord_file


@dataclass(frozen=True)
class Columns:
    """Names of the columns.

    Attributes:
        label: Of the classes.
        texts: Of the texts, one or two.
        slices: Of what the words are also shown by.
    """

    label: str
    texts: tuple[str, ...]
    slices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A chosen row: its class, its texts, and column to value of its slices."""

    label: str
    texts: tuple[str, ...]
    slices: dict[str, str]


def choose_rows(folder: str, columns: Columns, rows: int) -> ClassSample:
    """Look at all rows of a split.

    Args:
        folder: Of gzip TFRecords of tf.Example.
        columns: Names of the columns.
        rows: How many are chosen.

    Returns:
        The choice.
    """
    sample = ClassSample(rows)
    names = {name.encode(): at for at, name in enumerate((columns.label, *columns.texts))}
    for path in sorted(fileio.glob(f"{folder}/*")):
        for record in read_tfrecord_file(path):
            label, *texts = (value or b"" for value in read_values(record, names))
            # Not the record: the features of equal rows may be stored in another order.
            sample.add(label.decode(errors="replace"), b"\0".join(texts), record)
    return sample


def read_row(record: bytes, columns: Columns) -> Row:
    """Read a chosen row.

    Args:
        record: A serialized tf.Example.
        columns: Names of the columns.

    Returns:
        The row; a missing text is an empty one, a missing value of a slice is left out.
    """
    features = tf.train.Example.FromString(record).features.feature
    found = {name: _value(features, name) for name in _names(columns)}
    return Row(
        label=found[columns.label] or "",
        texts=tuple(found[name] or "" for name in columns.texts),
        slices={name: value for name in columns.slices if (value := found[name]) is not None},
    )


def _names(columns: Columns) -> Sequence[str]:
    return (columns.label, *columns.texts, *columns.slices)


def _value(features: Any, name: str) -> str | None:
    """Take the first value as text; a float is the shortest number that stands for it."""
    if name not in features:  # reading it would make it
        return None
    kind = features[name].WhichOneof("kind")
    values = getattr(features[name], kind).value if kind else ()
    if not values:
        return None
    if kind == "bytes_list":
        return str(values[0].decode(errors="replace"))
    return str(np.float32(values[0])) if kind == "float_list" else str(values[0])
