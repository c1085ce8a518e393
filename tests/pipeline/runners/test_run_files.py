"""The report and the summary of a run whose nodes run in processes of their own."""

import json
from pathlib import Path

import pytest

from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.compiled import CompiledPipeline
from pipeline.graph.compiling import compile_config
from pipeline.runners.run_files import write_run_files
from tests.ram_storage import ram_uri, stored

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


@pytest.fixture
def compiled(tmp_path: Path) -> CompiledPipeline:
    config = {"name": "toy", "data": {"path": "/rows.csv"}, "output_dir": str(tmp_path)}
    return compile_config(PipelineConfig.model_validate(config))


def test_a_run_that_has_hardly_begun(compiled: CompiledPipeline, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "r1"
    summary = write_run_files(compiled, "r1", str(folder), OSError("disk full"))

    assert summary == json.loads((folder / "run.json").read_text())
    assert (summary["status"], summary["error"]) == ("failed", "OSError: disk full")
    assert summary["report"] == f"{folder}/report.html"
    assert "disk full" in (folder / "report.html").read_text()


def test_they_may_lie_in_object_storage(compiled: CompiledPipeline, tmp_path: Path) -> None:
    uri = f"{ram_uri(tmp_path)}/runs/r1"
    write_run_files(compiled, "r1", uri, None)

    files = stored(uri)
    assert set(files) == {"run.json", "report.html"}
    assert json.loads(files["run.json"])["report"] == f"{uri}/report.html"
