"""The anomalies that ExampleValidator found, and which of them stop a run."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipeline.config.pipeline_config import PipelineConfig
from pipeline.report.reading.sources import Sources
from pipeline.report.reading.statistics import SPLITS, read_statistics
from pipeline.report.section import RunSection

_SCHEMA_FILE = "schema.pbtxt"
_HIDDEN = "values of texts are not shown"
_VALUE_ANOMALIES = ("ENUM_TYPE", "DOMAIN_INVALID", "INVALID_UTF8")
_REPEATED = (
    "ExampleValidator failed, so its own result is missing; this is the same "
    "comparison, repeated for the report."
)


@dataclass(frozen=True)
class AnomalyRow:
    """One reason why a split does not fit the schema, and whether it stops the run."""

    split: str
    feature: str
    kind: str
    reason: str
    stops: bool


@dataclass(frozen=True)
class Anomalies:
    """What ExampleValidator found, and which kinds the configuration does not tolerate."""

    found: tuple[AnomalyRow, ...]
    stop_on: tuple[str, ...]


def read_anomalies(sources: Sources) -> Anomalies | None:
    """Read what ExampleValidator found; where it failed, compare once more.

    Args:
        sources: The run.

    Returns:
        The anomalies; `None` if there is nothing to tell.
    """
    config = sources.config
    found = sources.read(
        SECTION.name,
        "ExampleValidator",
        "anomalies",
        lambda made: read_anomaly_section(made.uri, config),
    )
    statistics = sources.artifact("StatisticsGen", "statistics")
    if found or statistics is None:
        return found
    # TFX removes what a failed node wrote, and this node fails when the anomalies matter most.
    again = sources.read(
        SECTION.name,
        "SchemaGen",
        "schema",
        lambda made: check_again(statistics.uri, made.uri, config),
    )
    if again is None or not again.found:
        return None
    sources.notes[SECTION.name] = _REPEATED
    return again


def read_anomaly_section(uri: str, config: PipelineConfig) -> Anomalies:
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
    return Anomalies(tuple(rows), tuple(stop_on))


def check_again(statistics_uri: str, schema_uri: str, config: PipelineConfig) -> Anomalies:
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


SECTION = RunSection(
    name="anomalies", title="Anomalies", node="ExampleValidator", read=read_anomalies
)
