"""The rows: where from, how many, of which classes, which columns, how long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from components.example_gen.params import DataParams, SplitFiles
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.metadata.records import ArtifactRecord
from pipeline.predictions.class_order import natural_order
from pipeline.report.charts.data_and_training import class_bars, length_histogram
from pipeline.report.reading.columns import (
    TEXT_KINDS,
    FeatureSummary,
    feature_kind,
    summarize_feature,
)
from pipeline.report.reading.lengths import LengthDistribution, read_lengths
from pipeline.report.reading.sources import Sources
from pipeline.report.reading.statistics import SPLITS, read_statistics
from pipeline.report.section import OutputSection


@dataclass(frozen=True)
class SplitRows:
    """One split of the rows.

    Attributes:
        name: For example `train`.
        rows: Number of rows.
        class_counts: Rows per class, in the order of `Data.classes`.
        mean_text_bytes: Mean length of the text, if known.
    """

    name: str
    rows: int
    class_counts: tuple[int, ...] = ()
    mean_text_bytes: float | None = None


@dataclass(frozen=True)
class Data:
    """The rows: where from, how many, of which classes, how long.

    Attributes:
        source: Where they are from.
        rejected: Rows that could not be used.
        splits: The splits.
        classes: Names of the classes.
        features: The columns.
        lengths: How long the texts are, in tokens.
        split_by: What decided on the splits.
        tokens: Where the tokens come from, where they could have been taken from a feature group.
    """

    source: str
    rejected: int
    splits: tuple[SplitRows, ...]
    classes: tuple[str, ...] = ()
    features: tuple[FeatureSummary, ...] = ()
    lengths: LengthDistribution | None = None
    split_by: str = ""
    tokens: str = ""

    @property
    def class_counts(self) -> dict[str, tuple[int, ...]]:
        """The rows per class of each split that tells them, in the order of the classes."""
        return {split.name: split.class_counts for split in self.splits if split.class_counts}


def read_data_section(
    examples: ArtifactRecord, statistics: ArtifactRecord | None, config: PipelineConfig
) -> Data:
    """Read counts from the artifact of the rows and the rest from the statistics.

    Args:
        examples: The rows: the Preparer's output where the graph has one, else ExampleGen's.
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
    return Data(
        config.data.path,
        rejected,
        splits,
        tuple(classes),
        features,
        split_by=_split_by(config.data),
    )


def _split_by(params: DataParams) -> str:
    given, by = params.split_files.given, params.split_by
    if given:
        cut_off = [split for split in SplitFiles.model_fields if split not in given]
        rest = f"; {' and '.join(cut_off)} cut off the train rows" if cut_off else ""
        files = ", ".join(f"{split} from {path}" for split, path in given.items())
        return f"As given: {files}{rest}."
    if by.time and by.cuts:
        return f"By time, column {by.time}: eval from {by.cuts[0]}, test from {by.cuts[1]}."
    if by.split:
        return f"As the column {by.split} names them."
    if by.group:
        return f"Whole groups of column {by.group}, by the hash of their values."
    return "By the hash of the text" + (", each class by itself." if params.stratify else ".")


def _read(examples: ArtifactRecord, run: Sources) -> Data:
    statistics = run.artifact("StatisticsGen", "statistics")
    if statistics is None:
        run.notes[SECTION.name] = run.reason("StatisticsGen")
    limit = run.config.transform.max_seq_length
    prepared = run.artifact("Preparer", "examples")
    data = read_data_section(prepared or examples, statistics, run.config)
    lengths = run.read(
        "lengths", "Transform", "transformed_examples", lambda made: read_lengths(made.uri, limit)
    )
    made = run.artifact("Transform", "transformed_examples")
    return replace(data, lengths=lengths, tokens=_sentence(made))


def _sentence(transformed: ArtifactRecord | None) -> str:
    """Read what Transform says of the tokens."""
    said = str(transformed.properties.get("tokens", "")) if transformed else ""
    return f"{said[:1].upper()}{said[1:]}." if said else ""


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


SECTION = OutputSection(
    name="data",
    title="Data",
    node="ExampleGen",
    output="examples",
    read=_read,
    helpers={"class_bars": class_bars, "length_histogram": length_histogram},
)
