"""TFDV on real examples, counted and estimated."""

from pathlib import Path
from typing import Any

import pytest
import tensorflow_data_validation as tfdv
from tfx.types import artifact_utils, standard_artifacts

from components.statistics_gen import executor
from components.tfrecords import write_tfrecord_file
from tests.components.tf_examples import example

pytestmark = pytest.mark.slow  # Beam and TFDV take seconds

TEXTS = 20_000  # more than TFDV's sketch of distinct values holds
LABELS = {"good": 12_000, "bad": 7_999, "rare": 1}


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> standard_artifacts.Examples:
    folder = tmp_path_factory.mktemp("examples")
    (folder / "Split-train").mkdir()
    labels = [label for label, count in LABELS.items() for _ in range(count)]
    rows = (example(text=f"text {n}", label=label) for n, label in enumerate(labels))
    write_tfrecord_file(str(folder / "Split-train" / "data.gz"), rows)
    artifact = standard_artifacts.Examples()
    artifact.uri = str(folder)
    artifact.split_names = artifact_utils.encode_split_names(["train"])
    artifact.set_int_custom_property("rows_train", TEXTS)
    return artifact


def statistics_of(examples: standard_artifacts.Examples, folder: Path) -> dict[str, Any]:
    """Run the node; return the string statistics of each column."""
    statistics = standard_artifacts.ExampleStatistics()
    statistics.uri = str(folder)
    context = executor.Executor.Context(beam_pipeline_args=["--runner=DirectRunner"])
    inputs, outputs = {"examples": [examples]}, {"statistics": [statistics]}
    executor.Executor(context).Do(inputs, outputs, {"exclude_splits": "null"})
    (dataset,) = tfdv.load_stats_binary(str(folder / "Split-train" / "FeatureStats.pb")).datasets
    assert dataset.num_examples == TEXTS
    return {feature.path.step[0]: feature.string_stats for feature in dataset.features}


def counts(stats: Any) -> dict[str, int]:
    return {bucket.label: bucket.sample_count for bucket in stats.rank_histogram.buckets}


def test_few_rows_are_counted(examples: standard_artifacts.Examples, tmp_path: Path) -> None:
    found = statistics_of(examples, tmp_path)

    assert found["text"].unique == TEXTS
    assert counts(found["label"]) == LABELS


def test_many_rows_are_estimated_and_their_labels_counted(
    examples: standard_artifacts.Examples,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(executor, "MOST_ROWS_COUNTED", TEXTS - 1)
    caplog.set_level("INFO")

    found = statistics_of(examples, tmp_path)

    assert found["text"].unique != TEXTS
    assert found["text"].unique == pytest.approx(TEXTS, rel=0.04)  # five standard errors
    assert counts(found["label"]) == LABELS
    assert found["label"].unique == len(LABELS)
    assert "20,000 rows, more than 19,999: columns with over 1,024" in caplog.text
