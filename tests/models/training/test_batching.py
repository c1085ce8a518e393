import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from models.training.batching import (
    TEACHER,
    SplitSummary,
    balanced_class_weights,
    batches_by_length,
    read_rows,
    summarize,
)
from tests.models.toy_training import Row, write_rows

LENGTHS = (2, 15, 16, 17, 23, 24, 31, 40, 47, 48, 100, 383, 384, 385, 500)


def _row(number: int, length: int) -> Row:
    """Make a row whose second token tells which one it is."""
    return Row([7, 1000 + number, *[9] * (length - 2)], label=number % 3)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> tf.data.Dataset:
    """37 rows of many lengths in two files."""
    generator = np.random.default_rng(1)
    lengths = [*LENGTHS, *generator.integers(2, 60, size=22)]
    made = [_row(number, int(length)) for number, length in enumerate(lengths)]
    folder = tmp_path_factory.mktemp("rows")
    write_rows(folder / "part-0.gz", made[:20])
    write_rows(folder / "part-1.gz", made[20:])
    return read_rows([str(folder / "part-*")])


def _numbers(batches: tf.data.Dataset) -> list[list[int]]:
    """Tell which rows are in which batch."""
    return [
        (features["input_word_ids"][:, 1] - 1000).numpy().tolist() for features, _, _ in batches
    ]


def test_rows_come_in_the_order_of_the_files(rows: tf.data.Dataset) -> None:
    seen = [int(features["input_word_ids"][1]) - 1000 for features, _ in rows]

    assert seen == list(range(37))


def test_single_texts_get_segment_zero(rows: tf.data.Dataset) -> None:
    features, label = next(iter(rows.skip(1)))

    assert features["input_type_ids"].numpy().tolist() == [0] * 15
    assert int(label) == 1


def test_a_teachers_scores_follow_the_labels(rows: tf.data.Dataset) -> None:
    numbered = rows.enumerate().map(
        lambda place, row: (
            {**row[0], TEACHER: tf.stack([tf.cast(place, tf.float32), 0.5])},
            row[1],
        )
    )

    for features, targets, weights in batches_by_length(numbered, 4, [1.0, 2.0, 3.0], 1):
        places = features["input_word_ids"][:, 1].numpy() - 1000
        expected = [[place % 3, place, 0.5] for place in places]
        assert targets.numpy().tolist() == expected
        assert weights.numpy().tolist() == [1.0 + place % 3 for place in places]
        assert set(features) == {"input_word_ids", "input_mask", "input_type_ids"}


def test_pairs_keep_their_segments(tmp_path: Path) -> None:
    pairs = [Row([7, 1000, 9, 9], 0, [0, 0, 1, 1]), Row([7, 1001, 9], 1, [0, 0, 1])]
    rows = read_rows([write_rows(tmp_path / "pairs.gz", pairs)])

    features, _, _ = next(iter(batches_by_length(rows, 2)))

    assert features["input_type_ids"].numpy().tolist() == [[0, 0, 1, 0], [0, 0, 1, 1]]
    assert features["input_mask"].numpy().tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]


def test_a_batch_is_padded_to_its_longest_row(tmp_path: Path) -> None:
    made = [Row([7, 0, 9], 2), Row([7, 5, 5, 5, 9], 1)]  # id 0 inside a row is a token, too
    rows = read_rows([write_rows(tmp_path / "rows.gz", made)])

    features, labels, weights = next(iter(batches_by_length(rows, 8)))

    assert features["input_word_ids"].numpy().tolist() == [[7, 0, 9, 0, 0], [7, 5, 5, 5, 9]]
    assert features["input_mask"].numpy().tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert {tensor.dtype for tensor in features.values()} == {tf.int32}
    assert labels.numpy().tolist() == [2, 1]
    assert weights.numpy().tolist() == [1.0, 1.0]


def _lengths(batches: tf.data.Dataset) -> list[list[int]]:
    """Tell the lengths of the rows of each batch."""
    return [features["input_mask"].numpy().sum(axis=1).tolist() for features, _, _ in batches]


@pytest.mark.parametrize("seed", [None, 1])
def test_rows_of_similar_length_share_a_batch(rows: tf.data.Dataset, seed: int | None) -> None:
    ranked = sorted(len(features["input_word_ids"]) for features, _ in rows)

    found = _lengths(batches_by_length(rows, 4, shuffle_seed=seed))

    assert sorted(found) == [ranked[at : at + 4] for at in range(0, 37, 4)]
    assert (found == sorted(found)) == (seed is None)


def test_a_batch_is_as_long_as_its_longest_row(rows: tf.data.Dataset) -> None:
    for features, _, _ in batches_by_length(rows, 4, shuffle_seed=1):
        longest = features["input_mask"].numpy().sum(axis=1).max()

        assert {tensor.shape[1] for tensor in features.values()} == {longest}


def test_rows_are_sorted_pool_by_pool(
    rows: tf.data.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.training.batching.POOLED_BATCHES", 2)

    found = _numbers(batches_by_length(rows, 4))

    # The first eight rows have 2, 15, 16, 17, 23, 24, 31 and 40 tokens, in this order.
    assert found[:2] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    pools = [itertools.chain(*found[at : at + 2]) for at in range(0, 10, 2)]
    assert [sorted(pool) for pool in pools] == [
        [*range(first, min(first + 8, 37))] for first in range(0, 37, 8)
    ]


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 37, 1000])
@pytest.mark.parametrize("seed", [None, 5])
def test_every_row_comes_once_in_the_foretold_number_of_batches(
    rows: tf.data.Dataset, batch_size: int, seed: int | None
) -> None:
    batches = _numbers(batches_by_length(rows, batch_size, shuffle_seed=seed))

    assert Counter(itertools.chain(*batches)) == Counter(range(37))
    assert len(batches) == summarize(rows, 3).num_batches(batch_size)
    assert max(len(batch) for batch in batches) <= batch_size


def test_the_seed_decides_the_order(rows: tf.data.Dataset) -> None:
    def order(seed: int | None) -> list[list[int]]:
        tf.random.set_seed(1)
        return _numbers(batches_by_length(rows, 4, shuffle_seed=seed))

    assert order(5) == order(5)
    assert order(5) != order(6)
    assert order(None) == order(None)
    assert order(None) != order(5)


def test_a_skipped_beginning_leaves_the_same_rest(rows: tf.data.Dataset) -> None:
    batches = batches_by_length(rows, 4, shuffle_seed=5)

    assert _numbers(batches.skip(6)) == _numbers(batches)[6:]


def test_a_split_is_counted(tmp_path: Path) -> None:
    lengths = (2, 15, 16, 23, 24, 500)
    labels = (0, 1, 1, 1, 3, 3)
    made = [Row([1] * size, label) for size, label in zip(lengths, labels, strict=True)]

    summary = summarize(read_rows([write_rows(tmp_path / "rows.gz", made)]), 5)

    assert summary.rows == 6
    assert summary.class_counts.tolist() == [1, 3, 0, 2, 0]
    assert summary.tokens == 580


def test_rows_without_a_known_class_are_counted_as_rows(tmp_path: Path) -> None:
    made = [Row([1, 2], 0), Row([1, 2], -1)]

    summary = summarize(read_rows([write_rows(tmp_path / "rows.gz", made)]), 2)

    assert summary.rows == 2
    assert summary.class_counts.tolist() == [1, 0]


def test_an_epoch_has_one_smaller_batch() -> None:
    summary = SplitSummary(12, np.array([12]), 100)

    assert [summary.num_batches(size) for size in (1, 4, 5, 100)] == [12, 3, 3, 1]


def test_class_weights_are_inverse_shares() -> None:
    # 12 rows, 3 classes with rows: a class of fair share has 4 rows.
    weights = balanced_class_weights(np.array([8, 3, 0, 1]))

    assert weights == pytest.approx([0.5, 4 / 3, 0.0, 4.0])
    assert np.dot(weights, [8, 3, 0, 1]) == pytest.approx(12)  # a row weighs 1 on average


def test_rows_carry_the_weight_of_their_class(rows: tf.data.Dataset) -> None:
    for _, labels, weights in batches_by_length(rows, 8, class_weights=[0.5, 2.0, 4.0]):
        expected = [(0.5, 2.0, 4.0)[label] for label in labels.numpy()]
        assert weights.numpy().tolist() == expected
