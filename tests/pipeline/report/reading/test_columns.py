from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from pipeline.report.reading.columns import summarize_feature
from tests.pipeline.report.artifacts import config


@pytest.mark.parametrize(
    ("rows", "distinct", "estimated"),
    [(100_000, 90_000, False), (100_001, 90_000, True), (100_001, 1024, False)],
)
def test_estimates_are_marked(tmp_path: Path, rows: int, distinct: int, estimated: bool) -> None:
    datasets = [
        statistics_pb2.DatasetFeatureStatistics(name=split, num_examples=count)
        for split, count in (("train", rows - 10), ("eval", 10))
    ]
    feature = datasets[0].features.add(type=statistics_pb2.FeatureNameStatistics.STRING)
    feature.path.step.append("title")
    feature.string_stats.unique = distinct

    found = summarize_feature("title", datasets, config(tmp_path))

    assert (found.distinct, found.estimated) == (distinct, estimated)
