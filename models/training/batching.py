"""Turn transformed TFRecords into batches of rows of similar length, padded to the longest one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

POOLED_BATCHES = 50
"""Batches whose rows are sorted by length together, as in Hugging Face's `LengthGroupedSampler`."""

SHUFFLE_BUFFER_ROWS = 100_000
TEACHER = "teacher"
"""Feature of the rows that a teacher has seen: its log-probabilities, float32 `[num_classes]`."""

_NO_TOKEN = -1


@dataclass(frozen=True)
class SplitSummary:
    """What one pass over a split counted.

    Attributes:
        rows: Number of rows.
        class_counts: Rows per class id, int64 `[num_classes]`; rows of no known class not counted.
        tokens: Number of tokens, special tokens counted.
    """

    rows: int
    class_counts: NDArray[Any]
    tokens: int

    def num_batches(self, batch_size: int) -> int:
        """Return how many batches one epoch has."""
        return -(-self.rows // batch_size)


def read_rows(file_patterns: Sequence[str]) -> tf.data.Dataset:
    """Read the rows of a split that Transform wrote.

    Args:
        file_patterns: Globs of gzip TFRecord files of tf.Example.

    Returns:
        A dataset of `(features, label)`: `input_word_ids` and `input_type_ids` int32 `[tokens]`,
        `label` int64 `[]`, in the order of the files.
    """
    files = tf.data.Dataset.list_files(list(file_patterns), shuffle=False)
    records = tf.data.TFRecordDataset(files, compression_type="GZIP")
    return records.map(_parse, num_parallel_calls=tf.data.AUTOTUNE)


def summarize(rows: tf.data.Dataset, num_classes: int) -> SplitSummary:
    """Count rows, classes and tokens in one pass.

    Args:
        rows: As returned by `read_rows`.
        num_classes: Number of classes.

    Returns:
        The counts.
    """
    rows_seen = tokens = 0
    classes = np.zeros(num_classes, np.int64)
    pairs = rows.map(lambda features, label: (tf.size(features["input_word_ids"]), label))
    for lengths, labels in pairs.batch(4096).as_numpy_iterator():
        classes += np.bincount(labels[labels >= 0], minlength=num_classes)
        rows_seen += len(lengths)
        tokens += int(lengths.sum())
    return SplitSummary(rows_seen, classes, tokens)


def batches_by_length(
    rows: tf.data.Dataset,
    batch_size: int,
    class_weights: Sequence[float] | None = None,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Group rows of similar length into batches padded to the longest row of the batch.

    Args:
        rows: As returned by `read_rows`; with the feature `TEACHER` or without it.
        batch_size: Rows per batch (one of them may be smaller).
        class_weights: Weight per class id; `None` weighs all rows alike.
        shuffle_seed: Seed of the order of rows; `None` keeps the order of the files.

    Returns:
        A dataset of `(features, labels, weights)`: `input_word_ids`, `input_mask`,
        `input_type_ids` int32 `[n, longest]`; labels int64 `[n]`, or with a teacher float32
        `[n, 1 + num_classes]`, its log-probabilities after the label; weights float32 `[n]`. The
        same seed gives the same batches in the same order.
    """
    if shuffle_seed is not None:
        rows = rows.shuffle(SHUFFLE_BUFFER_ROWS, seed=shuffle_seed, reshuffle_each_iteration=False)
    shapes: dict[str, Any] = {"input_word_ids": [None], "input_type_ids": [None]}
    fillers: dict[str, Any] = {"input_word_ids": _NO_TOKEN, "input_type_ids": 0}
    if TEACHER in rows.element_spec[0]:
        shapes[TEACHER] = rows.element_spec[0][TEACHER].shape
        fillers[TEACHER] = 0.0
    pool_rows = batch_size * max(1, min(POOLED_BATCHES, SHUFFLE_BUFFER_ROWS // batch_size))
    pools = rows.padded_batch(
        pool_rows,
        padded_shapes=(shapes, []),
        padding_values=(fillers, tf.constant(0, tf.int64)),
    )
    batches = pools.flat_map(lambda *pool: _cut_by_length(pool, batch_size))
    if shuffle_seed is not None:
        batches = batches.shuffle(POOLED_BATCHES, seed=shuffle_seed, reshuffle_each_iteration=False)
    weights = None if class_weights is None else tf.constant(class_weights, tf.float32)
    batches = batches.map(lambda features, labels: _finish(features, labels, weights))
    return batches.with_options(_one_worker()).prefetch(tf.data.AUTOTUNE)


def balanced_class_weights(class_counts: NDArray[Any]) -> list[float]:
    """Weigh each class by the inverse of its share, so that the mean weight of a row is 1.

    Args:
        class_counts: Rows per class id, int `[num_classes]`.

    Returns:
        One weight per class; 0 for a class without rows.

    Source:
        King and Zeng 2001, "Logistic Regression in Rare Events Data", section 3.2.
    """
    present = class_counts > 0
    scale = class_counts.sum() / max(int(present.sum()), 1)
    return [float(scale / count) if count else 0.0 for count in class_counts]


def _parse(record: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    parsed = tf.io.parse_single_example(
        record,
        {
            "input_word_ids": tf.io.VarLenFeature(tf.int64),
            "input_type_ids": tf.io.VarLenFeature(tf.int64),
            "label": tf.io.FixedLenFeature([1], tf.int64),
        },
    )
    word_ids = tf.cast(parsed["input_word_ids"].values, tf.int32)
    stored = tf.cast(parsed["input_type_ids"].values, tf.int32)
    # Single texts are stored without segment ids: they are all 0.
    type_ids = tf.cond(tf.size(stored) > 0, lambda: stored, lambda: tf.zeros_like(word_ids))
    return {"input_word_ids": word_ids, "input_type_ids": type_ids}, parsed["label"][0]


def _cut_by_length(pool: Any, batch_size: int) -> tf.data.Dataset:
    """Sort the rows of a pool by their length and cut them into batches."""
    lengths = tf.math.count_nonzero(pool[0]["input_word_ids"] != _NO_TOKEN, axis=1, dtype=tf.int32)
    order = tf.argsort(lengths, stable=True)
    ranked = tf.nest.map_structure(lambda tensor: tf.gather(tensor, order), pool)
    batches = tf.data.Dataset.from_tensor_slices((ranked, tf.gather(lengths, order)))
    return batches.batch(batch_size).map(lambda rows, lengths: _trim(rows, lengths[-1]))


def _trim(rows: Any, length: tf.Tensor) -> Any:
    """Cut off the padding that only longer rows of the pool need."""
    features, labels = rows
    tokens = ("input_word_ids", "input_type_ids")
    return features | {name: features[name][:, :length] for name in tokens}, labels


def _finish(
    features: dict[str, tf.Tensor], labels: tf.Tensor, class_weights: tf.Tensor | None
) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]:
    is_token = features["input_word_ids"] != _NO_TOKEN
    inputs = {
        "input_word_ids": tf.where(is_token, features["input_word_ids"], 0),
        "input_mask": tf.cast(is_token, tf.int32),
        "input_type_ids": features["input_type_ids"],
    }
    weights = tf.ones_like(labels, tf.float32)
    if class_weights is not None:
        weights = tf.gather(class_weights, labels)
    if TEACHER in features:
        labels = tf.cast(labels, tf.float32)[:, tf.newaxis]
        labels = tf.concat([labels, features[TEACHER]], axis=1)
    return inputs, labels, weights


def _one_worker() -> tf.data.Options:
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return options
