"""Turn transformed TFRecords into length-bucketed batches, padded to the longest row of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

BUCKET_BOUNDARIES = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384)
"""Upper ends (exclusive, in tokens) of the length buckets; longer rows share the last bucket."""

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
        bucket_counts: Rows per length bucket, int64 `[len(BUCKET_BOUNDARIES) + 1]`.
        tokens: Number of tokens, special tokens counted.
    """

    rows: int
    class_counts: NDArray[Any]
    bucket_counts: NDArray[Any]
    tokens: int

    def num_batches(self, batch_size: int) -> int:
        """Return how many batches one epoch has: every bucket flushes its own remainder."""
        return int(np.sum(-(-self.bucket_counts // batch_size)))


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
    """Count rows, classes, tokens and length buckets in one pass.

    Args:
        rows: As returned by `read_rows`.
        num_classes: Number of classes.

    Returns:
        The counts.
    """
    rows_seen = tokens = 0
    classes = np.zeros(num_classes, np.int64)
    buckets = np.zeros(len(BUCKET_BOUNDARIES) + 1, np.int64)
    pairs = rows.map(lambda features, label: (tf.size(features["input_word_ids"]), label))
    for lengths, labels in pairs.batch(4096).as_numpy_iterator():
        classes += np.bincount(labels[labels >= 0], minlength=num_classes)
        places = np.searchsorted(BUCKET_BOUNDARIES, lengths, side="right")
        buckets += np.bincount(places, minlength=len(buckets))
        rows_seen += len(lengths)
        tokens += int(lengths.sum())
    return SplitSummary(rows_seen, classes, buckets, tokens)


def bucketed_batches(
    rows: tf.data.Dataset,
    batch_size: int,
    class_weights: Sequence[float] | None = None,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Group rows of similar length into batches padded to the longest row of the batch.

    Args:
        rows: As returned by `read_rows`; with the feature `TEACHER` or without it.
        batch_size: Rows per batch (the last batch of each bucket may be smaller).
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
    batches = rows.bucket_by_sequence_length(
        element_length_func=lambda features, _: tf.size(features["input_word_ids"]),
        bucket_boundaries=list(BUCKET_BOUNDARIES),
        bucket_batch_sizes=[batch_size] * (len(BUCKET_BOUNDARIES) + 1),
        padded_shapes=(shapes, []),
        padding_values=(fillers, tf.constant(0, tf.int64)),
    )
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
