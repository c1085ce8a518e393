"""The graph of the last run is taken up again where compiling would make the same one."""

from pathlib import Path
from typing import Any

import pytest
from tfx.proto.orchestration import pipeline_pb2

from models.encoders.resolving import EncoderModule
from pipeline.config.pipeline_config import PipelineConfig, load_config
from pipeline.config.preflight import check_encoder
from pipeline.graph import compiling
from pipeline.graph.compiled import CompiledPipeline, read_compiled
from pipeline.graph.kept_graph import compiled_graph
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


@pytest.fixture(scope="module")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    encoder = build_tiny_encoder(folder / "encoder")
    path = folder / "config.yaml"
    path.write_text(
        f"name: toy\ndata: {{path: /rows.csv}}\nencoder: {{source: {encoder}}}\n"
        "transform: {max_seq_length: 16}\n"
    )
    return path


def comparable(compiled: CompiledPipeline) -> Any:
    """Unpack what holds maps as bytes, whose order is any."""
    deployment = pipeline_pb2.IntermediateDeploymentConfig()
    compiled.ir.deployment_config.Unpack(deployment)
    return compiled.config, list(compiled.ir.nodes), compiled.ir.runtime_spec, deployment


class Graphs:
    """Makes graphs in one output folder, and counts those that were compiled."""

    def __init__(self, config_file: Path, output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._file, self.output, self.compiled = config_file, output, 0
        self._compile: Any = compiling.compile_config
        monkeypatch.setattr(compiling, "compile_config", self._counted)

    def _counted(self, *arguments: Any, **options: Any) -> Any:
        self.compiled += 1
        return self._compile(*arguments, **options)

    def config(self, *settings: str) -> PipelineConfig:
        return load_config(self._file, [f"output_dir={self.output}", *settings])

    def make(self, *settings: str, enable_cache: bool = True) -> None:
        config = self.config(*settings)
        encoder: EncoderModule = check_encoder(config)
        made = compiled_graph(config, encoder, enable_cache=enable_cache)
        expected = self._compile(config, encoder, enable_cache=enable_cache)
        assert comparable(made) == comparable(expected)
        written = read_compiled(str(self.output / "pipeline.json"))
        assert comparable(written) == comparable(expected)


@pytest.fixture
def graphs(config_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Graphs:
    made = Graphs(config_file, tmp_path / "output", monkeypatch)
    made.make()
    return made


def test_other_values_need_no_compiling(graphs: Graphs) -> None:
    graphs.make("train.epochs=7", "beam.options={direct_num_workers: 2}", "push.directory=/models")
    graphs.make()
    assert graphs.compiled == 1


def test_other_nodes_do(graphs: Graphs) -> None:
    graphs.make("tune.enabled=true")
    assert graphs.compiled == 2


def test_a_run_without_the_cache_does(graphs: Graphs) -> None:
    graphs.make(enable_cache=False)
    assert graphs.compiled == 2


def test_other_code_does(graphs: Graphs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.graph.kept_graph.graph_fingerprint", lambda **_: "another")
    graphs.make()
    assert graphs.compiled == 2


def test_a_damaged_file_does(graphs: Graphs) -> None:
    (graphs.output / "pipeline.json").write_text("{")
    graphs.make()
    assert graphs.compiled == 2
