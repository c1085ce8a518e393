from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pipeline.report.reading.lengths import read_lengths, summarize_lengths


def write_rows(folder: Path, lengths: list[int]) -> None:
    split = folder / "Split-train"
    split.mkdir(parents=True)
    with tf.io.TFRecordWriter(
        str(split / "transformed_examples-00000-of-00001.gz"), tf.io.TFRecordOptions("GZIP")
    ) as writer:
        for length in lengths:
            ids = tf.train.Feature(int64_list=tf.train.Int64List(value=range(length)))
            features = tf.train.Features(feature={"input_word_ids": ids})
            writer.write(tf.train.Example(features=features).SerializeToString())


def test_lengths_are_counted(tmp_path: Path) -> None:
    write_rows(tmp_path, [3, 5, 5, 8])
    lengths = read_lengths(str(tmp_path), limit=8)
    assert lengths
    assert lengths.edges == (3, 4, 5, 6, 7, 8, 9)
    assert lengths.counts == (1, 0, 2, 0, 0, 1)
    assert (lengths.mean, lengths.median, lengths.longest, lengths.rows) == (5.25, 5, 8, 4)
    assert lengths.at_limit == 0.25


def test_no_more_rows_are_read_than_allowed(tmp_path: Path) -> None:
    write_rows(tmp_path, [4] * 10)
    lengths = read_lengths(str(tmp_path), limit=8, max_rows=6)
    assert lengths
    assert lengths.rows == 6


def test_an_empty_split_has_no_distribution(tmp_path: Path) -> None:
    write_rows(tmp_path, [])
    assert read_lengths(str(tmp_path), limit=8) is None


@pytest.mark.parametrize("longest", [3, 24, 128, 512])
def test_all_rows_are_in_at_most_24_bins(longest: int) -> None:
    found = summarize_lengths(np.arange(3, longest + 1), longest)
    assert sum(found.counts) == longest - 2
    assert len(found.counts) <= 24
    assert found.edges[0] == 3
    assert found.edges[-1] > longest
