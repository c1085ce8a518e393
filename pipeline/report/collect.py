"""Collect from the metadata and the artifacts of one run what its report shows."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pipeline.config import PipelineConfig
from pipeline.report.data import AnomalySection, DataSection, GraphNode, ReportData, RunOverview
from pipeline.report.reading.sources import FAILED, SKIPPED, Sources
from pipeline.report.sections.data import (
    check_again,
    read_anomaly_section,
    read_data_section,
    read_lengths,
)
from pipeline.report.sections.environment import read_environment
from pipeline.report.sections.lineage import collect_lineage
from pipeline.report.sections.model import (
    collect_verdict,
    read_evaluation,
    read_training,
    read_trials,
    read_variants,
    read_vocabulary,
)
from pipeline.report.sections.schema import read_schema
from pipeline.run_records import NodeRecord

_RUN_ID_TIME = "%Y%m%d-%H%M%S"
_RUN_ID_TIME_LENGTH = 15
_OWN_ERROR = "InvalidInputError: "


def collect_report(
    run: dict[str, Any], records: Mapping[str, NodeRecord], ir: Any, config: PipelineConfig
) -> ReportData:
    """Collect everything a report shows; what is missing or cannot be read becomes a note.

    Args:
        run: The content of `run.json`; `error` and the reasons are optional.
        records: Node id to what the metadata know about it.
        ir: TFX's compiled graph.
        config: The configuration of the run.

    Returns:
        The data of the report.
    """
    graph = collect_graph(run, ir)
    overview = collect_overview(run, graph, config.name)
    sources = Sources(records, graph, overview)
    evaluation = sources.read(
        "evaluation",
        "Evaluator",
        "evaluation",
        lambda made: read_evaluation(made.uri, _classes(sources), config.evaluate.metric),
    )
    return ReportData(
        run=overview,
        graph=graph,
        verdict=collect_verdict(run, sources, evaluation, config.evaluate),
        lineage=collect_lineage(run, records, config),
        environment=read_environment(),
        data=_data(sources, config),
        schema=sources.read(
            "schema", "SchemaGen", "schema", lambda made: read_schema(made.uri, config)
        ),
        anomalies=_anomalies(sources, config),
        training=sources.read(
            "training",
            "Trainer",
            "model_run",
            lambda made: read_training(made.uri, config.train.early_stopping_metric),
        ),
        tuner=sources.read("tuner", "Tuner", "tuner_results", lambda made: read_trials(made.uri))
        if config.tune.enabled
        else None,
        optimizer=sources.read(
            "optimizer", "Optimizer", "model", lambda made: read_variants(made.uri)
        )
        if any(node.id == "Optimizer" for node in graph)
        else None,
        evaluation=evaluation,
        notes=sources.notes,
    )


def collect_graph(run: dict[str, Any], ir: Any) -> tuple[GraphNode, ...]:
    """Join the nodes of the compiled graph with what happened to them.

    Args:
        run: The content of `run.json`.
        ir: TFX's compiled graph.

    Returns:
        The nodes in the order of the graph; those the run does not name are `skipped`.
    """
    happened = {node["id"]: node for node in run.get("nodes", [])}
    nodes = []
    for node in ir.nodes:
        name = node.pipeline_node.node_info.id
        known = happened.get(name, {})
        upstream = tuple(sorted(node.pipeline_node.upstream_nodes))
        state, seconds = known.get("state", SKIPPED), float(known.get("seconds", 0))
        nodes.append(GraphNode(name, state, seconds, upstream))
    return tuple(nodes)


def collect_overview(run: dict[str, Any], graph: tuple[GraphNode, ...], name: str) -> RunOverview:
    """Say how the run went as a whole.

    Args:
        run: The content of `run.json`.
        graph: The nodes.
        name: Name of the pipeline.

    Returns:
        The overview.
    """
    error = run.get("error")
    return RunOverview(
        name=name,
        run_id=run["run_id"],
        started=_started(run["run_id"]),
        status=run["status"],
        error=error.removeprefix(_OWN_ERROR) if error else None,
        failed_node=next((node.id for node in graph if node.state == FAILED), None),
        pushed_model=run.get("pushed_model"),
    )


def _started(run_id: str) -> datetime | None:
    try:
        return datetime.strptime(run_id[:_RUN_ID_TIME_LENGTH], _RUN_ID_TIME)
    except ValueError:
        return None


def _classes(sources: Sources) -> list[str]:
    transform = sources.artifact("Transform", "transform_graph")
    return read_vocabulary(transform.uri) if transform else []


def _data(sources: Sources, config: PipelineConfig) -> DataSection | None:
    statistics = sources.artifact("StatisticsGen", "statistics")
    data = sources.read(
        "data", "ExampleGen", "examples", lambda made: read_data_section(made, statistics, config)
    )
    if data is None:
        return None
    if statistics is None:
        sources.notes["data"] = sources.reason("StatisticsGen")
    limit = config.transform.max_seq_length
    lengths = sources.read(
        "lengths", "Transform", "transformed_examples", lambda made: read_lengths(made.uri, limit)
    )
    return replace(data, lengths=lengths)


def _anomalies(sources: Sources, config: PipelineConfig) -> AnomalySection | None:
    section = sources.read(
        "anomalies",
        "ExampleValidator",
        "anomalies",
        lambda made: read_anomaly_section(made.uri, config),
    )
    statistics = sources.artifact("StatisticsGen", "statistics")
    if section or statistics is None:
        return section
    # TFX removes what a failed node wrote, and this node fails when the anomalies matter most.
    again = sources.read(
        "anomalies",
        "SchemaGen",
        "schema",
        lambda made: check_again(statistics.uri, made.uri, config),
    )
    if again is None or not again.found:
        return None
    sources.notes["anomalies"] = (
        "ExampleValidator failed, so its own answer is gone; this is the same comparison, repeated "
        "for the report."
    )
    return again
