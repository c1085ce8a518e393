"""Collect from the metadata and the artifacts of one run what its report shows."""

from collections.abc import Mapping
from typing import Any

from pipeline.config.pipeline_config import PipelineConfig
from pipeline.metadata.records import NodeRecord
from pipeline.report.data import ReportData
from pipeline.report.reading.sources import Sources
from pipeline.report.sections import catalogue


def collect_report(
    run: Mapping[str, Any], records: Mapping[str, NodeRecord], ir: Any, config: PipelineConfig
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
    sources = Sources(run, records, ir, config)
    sections = {
        section.name: section.collect(sources)
        for section in catalogue.SECTIONS
        if section.is_shown(sources.states)
    }
    return ReportData(sources.overview, sources.graph, sections, sources.notes)
