"""The report and the summary of a run whose nodes run in separate processes."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfx.dsl.io import fileio

from bert_aas.contracts.files.locations import absolute, is_remote
from pipeline.config.layout import output_layout
from pipeline.governance.run_papers import write_papers_once
from pipeline.graph.compiled import CompiledPipeline
from pipeline.metadata.records import NodeRecord, read_run
from pipeline.metadata.store import connection_config
from pipeline.nodes.node import node_ids
from pipeline.report import collect_report, write_report
from pipeline.runs.outcome import recorded_outcome
from pipeline.runs.summary import summarize, write_json

REPORT_FILE = "report.html"
SUMMARY_FILE = "run.json"


def write_run_files(
    compiled: CompiledPipeline, run_id: str, folder: str, error: BaseException | None
) -> dict[str, Any]:
    """Write the report and the summary of a run as far as it has come.

    Args:
        compiled: The pipeline with the configuration of the run.
        run_id: Id of the run.
        folder: Where to write `report.html` and `run.json`, a path or a URI; made where absent.
        error: What stopped the node of this process, or `None`.

    Returns:
        The content of `run.json`.
    """
    records = read_records(compiled, run_id)
    outcome = recorded_outcome(run_id, records, error)
    report = f"{absolute(folder)}/{REPORT_FILE}"
    summary = summarize(outcome, node_ids(compiled.ir), records, report)
    data = collect_report(summary, records, compiled.ir, compiled.config)
    with _local(folder) as place:
        write_json(summary, place / SUMMARY_FILE)
        write_report(data, place / REPORT_FILE)
    write_papers_once(compiled.config, summary)
    return summary


@contextlib.contextmanager
def _local(folder: str) -> Iterator[Path]:
    """Give a folder of this machine whose files end up in the wanted one."""
    if not is_remote(folder):
        yield Path(absolute(folder))
        return
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)
        fileio.makedirs(folder)
        for file in Path(place).iterdir():
            fileio.copy(str(file), f"{folder.rstrip('/')}/{file.name}", overwrite=True)


def read_records(compiled: CompiledPipeline, run_id: str) -> dict[str, NodeRecord]:
    """Read what the metadata know about a run.

    Args:
        compiled: The pipeline with the configuration of the run.
        run_id: Id of the run.

    Returns:
        Node id to record, for the nodes that were started.
    """
    layout = output_layout(compiled.config.output_dir)
    return read_run(connection_config(compiled.config.metadata.url, layout), run_id)
