"""Describe one column from TFDV's statistics without ever quoting a text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bert_aas.contracts.names import ROW_KEY
from components.statistics_gen.limits import is_estimated
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.predictions.class_order import natural_order
from pipeline.report.formatting import number, share

TEXT, CATEGORY, NUMBER, IDENTIFIER = "text", "category", "number", "identifier"
TEXT_KINDS = (TEXT,)

MAX_CATEGORY_BYTES = 32
"""Longer values may be texts."""

_MAX_CATEGORIES = 100
_SHOWN_VALUES = 5
_MAX_VALUE_CHARACTERS = 24


@dataclass(frozen=True)
class FeatureSummary:
    """One column of the table.

    Attributes:
        name: Name of the column.
        kind: `text`, `category`, `number` or `identifier`.
        missing: Share of rows without a value, all splits.
        distinct: Different values in the first split, if counted.
        summary: Range or most frequent values, in words; never values of a text.
        estimated: Whether `distinct` is.
    """

    name: str
    kind: str
    missing: float
    distinct: int | None
    summary: str
    estimated: bool = False


def feature_kind(feature: Any, config: PipelineConfig) -> str:
    """Say what a column holds.

    Args:
        feature: TFDV's `FeatureNameStatistics`.
        config: The configuration: it names texts, label, key and slices.

    Returns:
        `text`, `category`, `number` or `identifier`. A column of strings that nobody named is a
        category only if its values are few and short; otherwise it may be a text.
    """
    name = feature.path.step[0]
    if name in {config.data.text_column, config.data.text_pair_column}:
        return TEXT
    if name in {ROW_KEY, config.data.key_column}:
        return IDENTIFIER
    if name == config.data.label_column or name in config.evaluate.slices:
        return CATEGORY
    if feature.HasField("num_stats"):
        return NUMBER
    stats = feature.string_stats
    few = 0 < stats.unique <= _MAX_CATEGORIES
    repeated = stats.unique * 2 <= stats.common_stats.num_non_missing
    # TFDV writes a short mark in place of very long values; their mean length gives them away.
    lengths = [stats.avg_length, *(len(b.label) for b in stats.rank_histogram.buckets)]
    return CATEGORY if few and repeated and max(lengths) <= MAX_CATEGORY_BYTES else TEXT


def summarize_feature(name: str, datasets: Sequence[Any], config: PipelineConfig) -> FeatureSummary:
    """Describe one column.

    Args:
        name: Its name.
        datasets: TFDV's `DatasetFeatureStatistics`, one per split, the train split first.
        config: The configuration.

    Returns:
        The description.
    """
    found = [f for dataset in datasets for f in dataset.features if f.path.step[0] == name]
    # A column that a split lacks altogether is missing in all of its rows.
    total = sum(dataset.num_examples for dataset in datasets)
    present = sum(_stats(feature).common_stats.num_non_missing for feature in found)
    first = found[0]
    kind = feature_kind(first, config)
    distinct = None if first.HasField("num_stats") else int(first.string_stats.unique)
    missing = 1 - present / total if total else 0.0
    estimated = is_estimated(total, distinct or 0)
    return FeatureSummary(name, kind, missing, distinct, _summary(first, kind), estimated)


def _stats(feature: Any) -> Any:
    kind = feature.WhichOneof("stats")
    return getattr(feature, kind) if kind else feature.string_stats


def _summary(feature: Any, kind: str) -> str:
    if feature.HasField("num_stats"):
        stats = feature.num_stats
        return f"{number(stats.min)} to {number(stats.max)}, mean {number(stats.mean, 2)}"
    if kind == CATEGORY:
        return _most_frequent(feature.string_stats)
    return f"mean length {number(float(feature.string_stats.avg_length), 0)} bytes"


def _most_frequent(stats: Any) -> str:
    total = max(stats.common_stats.num_non_missing, 1)
    buckets = sorted(stats.rank_histogram.buckets, key=lambda bucket: -bucket.sample_count)
    shown = {b.label[:_MAX_VALUE_CHARACTERS]: b.sample_count for b in buckets[:_SHOWN_VALUES]}
    if len(buckets) <= _SHOWN_VALUES:
        shown = {name: shown[name] for name in natural_order(shown)}
    listed = ", ".join(f"{name} {share(count / total, 0)}" for name, count in shown.items())
    return listed + (", …" if len(buckets) > _SHOWN_VALUES else "")
