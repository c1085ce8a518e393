"""Compiled pipelines: written, read, cut down to a node, refused."""

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from bert_aas.contracts.errors import InvalidInputError
from pipeline.config.pipeline_config import PipelineConfig, override
from pipeline.graph.code.fingerprint import PROJECT_ROOT
from pipeline.graph.compiled import (
    DATA_URI,
    CompiledPipeline,
    encode_node,
    read_compiled,
    write_compiled,
)
from pipeline.graph.compiling import compile_config
from pipeline.graph.run_settings import with_settings

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

CUT_OFF = base64.b64encode(gzip.compress(b"x" * 99, mtime=0)).decode()[:24]


@pytest.fixture(scope="module")
def compiled() -> CompiledPipeline:
    config = {"name": "toy", "data": {"path": "/rows.csv"}, "output_dir": "/out"}
    return compile_config(PipelineConfig.model_validate(config))


def content(compiled: CompiledPipeline) -> tuple[Any, ...]:
    """Return what it says: within an `Any` a map's entries have no order."""
    return compiled.config, json_format.MessageToDict(compiled.ir), compiled.made_by


def test_it_comes_back_as_it_was_written(compiled: CompiledPipeline, tmp_path: Path) -> None:
    path = tmp_path / "new" / "pipeline.json"
    write_compiled(compiled, path)
    assert content(read_compiled(str(path))) == content(compiled)
    assert [entry.name for entry in path.parent.iterdir()] == ["pipeline.json"]


def test_a_script_reads_it_that_imports_nothing_else(
    compiled: CompiledPipeline, tmp_path: Path
) -> None:
    path = tmp_path / "pipeline.json"
    write_compiled(compiled, path)
    script = (
        "import sys; from pipeline.graph.compiled import read_compiled; "
        "print(len(read_compiled(sys.argv[1]).ir.nodes))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{len(compiled.ir.nodes)}\n", done.stderr


def test_it_is_read_from_a_storage_that_tfx_reads(
    compiled: CompiledPipeline, tmp_path: Path
) -> None:
    write_compiled(compiled, tmp_path / "pipeline.json")
    found = read_compiled(f"file://{tmp_path}/pipeline.json")
    assert content(found) == content(compiled)


def test_a_node_travels_in_a_few_kilobytes(compiled: CompiledPipeline) -> None:
    packed = encode_node(compiled, "Trainer")
    assert len(packed) < 6_000
    unpacked = read_compiled(packed)
    assert unpacked.config == compiled.config
    (trainer,) = (n.pipeline_node for n in unpacked.ir.nodes if n.pipeline_node.inputs.inputs)
    assert trainer.node_info.id == "Trainer"


def test_the_place_of_all_nodes_travels_with_it(compiled: CompiledPipeline) -> None:
    unpacked = read_compiled(encode_node(compiled, "Trainer"))
    assert unpacked.topology().edges() == compiled.topology().edges()
    assert [node.id for node in unpacked.topology().nodes] == [
        *("ExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform"),
        *("Trainer", "Optimizer", "Resolver", "Evaluator", "InfraValidator", "Pusher"),
    ]


def test_the_topology_names_artifact_types(compiled: CompiledPipeline) -> None:
    trainer = next(node for node in compiled.topology().nodes if node.id == "Trainer")
    assert trainer.upstream == ("Transform",)
    assert trainer.inputs == {"examples": "Examples", "transform_graph": "TransformGraph"}
    assert trainer.outputs == {"model": "Model", "model_run": "ModelRun"}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"the compiled pipeline .*p\.json cannot be read"):
        read_compiled(str(tmp_path / "p.json"))


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"{}", b"\xff\xfe", b'{"config": {}, "ir": {}}', b'{"config": 1, "ir": {}}'],
)
def test_a_file_that_is_no_compiled_pipeline_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match="is not a compiled pipeline that `bert-aas` wrote"):
        read_compiled(str(path))


def test_a_graph_without_nodes_is_refused(compiled: CompiledPipeline, tmp_path: Path) -> None:
    write_compiled(compiled, tmp_path / "p.json")
    content = json.loads((tmp_path / "p.json").read_text())
    (tmp_path / "p.json").write_text(json.dumps({**content, "ir": {}}))
    with pytest.raises(InvalidInputError, match="is not a compiled pipeline that `bert-aas` wrote"):
        read_compiled(str(tmp_path / "p.json"))


@pytest.mark.parametrize("rest", ["!!!", "AAAA", CUT_OFF], ids=["no base64", "no gzip", "cut off"])
def test_a_damaged_data_uri_is_refused(rest: str) -> None:
    with pytest.raises(InvalidInputError, match="the given data: URI is cut off or damaged"):
        read_compiled(DATA_URI + rest)


def test_names_and_paths_mean_the_same_wherever_nodes_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "minilm").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/ann")
    named = PipelineConfig.model_validate({"name": "toy", "data": {"path": "rows.csv"}})
    given = override(named, ["encoder.source=./minilm", "validate.schema_path=~/schema.pbtxt"])
    packed = [encode_node(compile_config(config), "Trainer") for config in (named, given)]
    monkeypatch.chdir("/")
    found = [with_settings(read_compiled(uri), ["train.epochs=1"]).config for uri in packed]
    assert [config.encoder.source for config in found] == ["minilm", f"{tmp_path}/minilm"]
    assert found[0].data.path == f"{tmp_path}/rows.csv"
    assert found[1].validate_data.schema_path == "/home/ann/schema.pbtxt"
