"""Read the rows, their statistics, lengths and anomalies from the artifacts of the data nodes."""

import itertools
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.tfrecords import read_tfrecords
from pipeline.class_order import natural_order
from pipeline.config import PipelineConfig
from pipeline.report.data import (
    AnomalyRow,
    AnomalySection,
    DataSection,
    LengthDistribution,
    SplitRows,
)
from pipeline.report.reading.columns import TEXT_KINDS, feature_kind, summarize_feature
from pipeline.run_records import ArtifactRecord
from serving.runtime.protos import load_protos

SPLITS = ("train", "eval", "test")
MAX_LENGTH_ROWS = 50_000

_BINS = 24
_SCHEMA_FILE = "schema.pbtxt"
_WORD_IDS = "input_word_ids"
_HIDDEN = "values of texts are not shown"
_VALUE_ANOMALIES = ("ENUM_TYPE", "DOMAIN_INVALID", "INVALID_UTF8")


def read_data_section(
    examples: ArtifactRecord, statistics: ArtifactRecord | None, config: PipelineConfig
) -> DataSection:
    """Read counts from ExampleGen's artifact and the rest from the statistics.

    Args:
        examples: ExampleGen's output.
        statistics: StatisticsGen's output, if there is one.
        config: The configuration: it names the columns.

    Returns:
        The section without lengths.
    """
    rows = {split: int(examples.properties.get(f"rows_{split}", 0)) for split in SPLITS}
    by_split = read_statistics(statistics.uri) if statistics else {}
    counts = {split: _label_counts(found, config) for split, found in by_split.items()}
    classes = natural_order({name for found in counts.values() for name in found})
    splits = tuple(
        SplitRows(
            split,
            rows[split],
            tuple(counts[split].get(name, 0) for name in classes) if split in counts else (),
            _mean_text_bytes(by_split.get(split), config),
        )
        for split in SPLITS
    )
    features = tuple(
        summarize_feature(name, list(by_split.values()), config)
        for name in _feature_names(by_split.values())
    )
    rejected = int(examples.properties.get("rows_rejected", 0))
    return DataSection(config.data.path, rejected, splits, tuple(classes), features)


def read_statistics(uri: str) -> dict[str, Any]:
    """Read TFDV's statistics.

    Args:
        uri: Folder of the `ExampleStatistics` artifact.

    Returns:
        Split to `DatasetFeatureStatistics`, for the splits that are there.
    """
    from tensorflow_metadata.proto.v0 import statistics_pb2
    from tfx.dsl.io import fileio

    found = {}
    for split in SPLITS:
        path = f"{uri}/Split-{split}/FeatureStats.pb"
        if fileio.exists(path):
            with fileio.open(path, "rb") as file:
                content = file.read()
            parsed = statistics_pb2.DatasetFeatureStatisticsList.FromString(content)
            if parsed.datasets:
                found[split] = parsed.datasets[0]
    return found


def read_lengths(
    uri: str, limit: int, max_rows: int = MAX_LENGTH_ROWS
) -> LengthDistribution | None:
    """Count the tokens of the train split's rows.

    Args:
        uri: Folder of Transform's `transformed_examples`.
        limit: `max_seq_length`.
        max_rows: Rows to read at most.

    Returns:
        The distribution; `None` without rows.
    """
    # Not by TensorFlow, which takes seconds to import: the report of a cached run is due at once.
    example = load_protos().example_pb2.Example
    rows = itertools.islice(read_tfrecords(f"{uri}/Split-train", "*"), max_rows)
    features = (example.FromString(row).features.feature for row in rows)
    lengths = [len(found[_WORD_IDS].int64_list.value) for found in features]
    return summarize_lengths(np.array(lengths), limit) if lengths else None


def summarize_lengths(lengths: npt.NDArray[np.int64], limit: int) -> LengthDistribution:
    """Put lengths into bins.

    Args:
        lengths: Tokens per row, int `[n]`, n > 0.
        limit: `max_seq_length`.

    Returns:
        At most 24 bins of the same whole width, from the shortest row to the longest.
    """
    shortest, longest = int(lengths.min()), int(lengths.max())
    width = -(-(longest - shortest + 1) // _BINS)
    edges = np.arange(shortest, longest + width + 1, width)
    counts, _ = np.histogram(lengths, edges)
    return LengthDistribution(
        edges=tuple(int(edge) for edge in edges),
        counts=tuple(int(count) for count in counts),
        mean=float(lengths.mean()),
        median=float(np.median(lengths)),
        p95=float(np.percentile(lengths, 95)),
        longest=longest,
        limit=limit,
        at_limit=float((lengths >= limit).mean()),
        rows=len(lengths),
    )


def read_anomaly_section(uri: str, config: PipelineConfig) -> AnomalySection:
    """Read what ExampleValidator found.

    Args:
        uri: Folder of the `ExampleAnomalies` artifact.
        config: The configuration: what stops a run, which columns hold texts.

    Returns:
        The anomalies; reasons that could quote a text are cut.
    """
    from tfx.dsl.io import fileio

    from components.example_validator.anomalies import read_anomalies, stopping

    splits = [split for split in SPLITS if fileio.exists(f"{uri}/Split-{split}")]
    found = read_anomalies(uri, splits)
    stop_on = config.validate_data.stop_on
    stops = stopping(found, stop_on)
    texts = {config.data.text_column, config.data.text_pair_column}
    rows = (
        AnomalyRow(
            anomaly.split,
            anomaly.feature,
            anomaly.type,
            _without_values(anomaly.type, anomaly.reason)
            if anomaly.feature in texts
            else anomaly.reason,
            anomaly in stops,
        )
        for anomaly in found
    )
    return AnomalySection(tuple(rows), tuple(stop_on))


def check_again(statistics_uri: str, schema_uri: str, config: PipelineConfig) -> AnomalySection:
    """Compare statistics and schema once more, where ExampleValidator's own answer is gone.

    Args:
        statistics_uri: Folder of StatisticsGen's output.
        schema_uri: Folder of SchemaGen's output.
        config: The configuration.

    Returns:
        The anomalies.
    """
    import tensorflow_data_validation as tfdv
    from tensorflow_metadata.proto.v0 import statistics_pb2

    schema = tfdv.load_schema_text(f"{schema_uri}/{_SCHEMA_FILE}")
    with tempfile.TemporaryDirectory() as folder:
        for split, statistics in read_statistics(statistics_uri).items():
            listed = statistics_pb2.DatasetFeatureStatisticsList(datasets=[statistics])
            path = Path(folder) / f"Split-{split}" / "SchemaDiff.pb"
            path.parent.mkdir()
            path.write_bytes(tfdv.validate_statistics(listed, schema).SerializeToString())
        return read_anomaly_section(folder, config)


def _without_values(kind: str, reason: str) -> str:
    return _HIDDEN if kind.startswith(_VALUE_ANOMALIES) else reason


def _feature_names(datasets: Any) -> list[str]:
    names = (feature.path.step[0] for found in datasets for feature in found.features)
    return list(dict.fromkeys(names))


def _feature(dataset: Any, name: str) -> Any:
    return next((f for f in dataset.features if f.path.step[0] == name), None)


def _label_counts(dataset: Any, config: PipelineConfig) -> Mapping[str, int]:
    feature = _feature(dataset, config.data.label_column)
    if feature is None:
        return {}
    buckets: Sequence[Any] = feature.string_stats.rank_histogram.buckets
    return {bucket.label: round(bucket.sample_count) for bucket in buckets}


def _mean_text_bytes(dataset: Any, config: PipelineConfig) -> float | None:
    feature = _feature(dataset, config.data.text_column) if dataset is not None else None
    if feature is None or feature_kind(feature, config) not in TEXT_KINDS:
        return None
    return float(feature.string_stats.avg_length)
