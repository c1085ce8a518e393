"""What stopped a run is told, whatever happens to its report."""

import errno
import io
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.proto import metadata_store_pb2
from tfx.proto.orchestration import pipeline_pb2

from components.example_gen.params import DataParams
from pipeline import report
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.console.terminal import PlainConsole
from pipeline.metadata import records as run_records
from pipeline.nodes import node
from pipeline.nodes.node import NodeResult
from pipeline.runners.local import run_graph as local
from pipeline.runners.local import running
from pipeline.runs.outcome import RunOutcome

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

FULL = OSError(errno.ENOSPC, "No space left on device", "/out/report.html")


def run(
    patch: pytest.MonkeyPatch, folder: Path, error: Exception | None
) -> tuple[dict[str, Any], str]:
    """Run a graph of one node whose report cannot be written."""
    ir = pipeline_pb2.Pipeline()
    ir.nodes.add().pipeline_node.node_info.id = "Trainer"
    state = "failed" if error else "executed"
    outcome = RunOutcome("r1", [NodeResult("Trainer", state, 1)], error)

    def refuse(*_: Any) -> None:
        raise FULL

    connection = metadata_store_pb2.ConnectionConfig()
    connection.sqlite.filename_uri = str(folder / "metadata.sqlite")
    patch.setattr(node, "metadata_connection", lambda _: connection)
    patch.setattr(local, "run_graph", lambda *_: outcome)
    patch.setattr(run_records, "read_run", lambda *_: {})
    patch.setattr(report, "collect_report", lambda *_: None)
    patch.setattr(report, "write_report", refuse)
    config = PipelineConfig(data=DataParams(path="a.csv"), output_dir=str(folder))
    console = PlainConsole(file=io.StringIO(), width=200)
    summary = running._run_compiled(config, ir, "r1", console)
    assert isinstance(console.file, io.StringIO)
    return summary, console.file.getvalue()


def test_a_report_that_cannot_be_written_does_not_hide_the_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trainer = OSError(errno.ENOSPC, "No space left on device", "/out/checkpoint")
    summary, printed = run(monkeypatch, tmp_path, trainer)
    assert summary["status"] == "failed"
    assert summary["error"].startswith("/out/checkpoint: no space left on device; free some space")
    assert "Report       was not written: /out/report.html: no space left on device" in printed


def test_a_run_that_went_well_says_that_there_is_no_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary, printed = run(monkeypatch, tmp_path, None)
    assert (summary["status"], summary["error"]) == ("not_blessed", None)
    assert "Report       was not written: /out/report.html: no space left on device" in printed
