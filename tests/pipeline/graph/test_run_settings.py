"""A compiled pipeline with other values per run is what compiling with these values makes."""

from pathlib import Path

import pytest
from tfx.proto.orchestration import pipeline_pb2

from bert_aas.contracts.errors import InvalidInputError
from models.encoders.resolving import EncoderModule
from pipeline.config.pipeline_config import PipelineConfig, load_config
from pipeline.config.preflight import check_encoder
from pipeline.graph.compiled import CompiledPipeline, encode_node, read_compiled
from pipeline.graph.compiling import compile_config
from pipeline.graph.run_settings import with_all_parameters, with_parameters, with_settings
from pipeline.nodes.node import metadata_connection, node_ids
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

SETTINGS = (
    "data.path=/other/rows.csv",
    "data.stratify=true",
    "validate.stop_on=[ALL]",
    "transform.max_seq_length=16",
    "train.epochs=7",
    "train.learning_rate=0.003",
    "tune.max_trials=3",
    "evaluate.threshold=0.9",
    "infra_validate.num_requests=5",
    "push.directory=/elsewhere/models",
    "beam.options={direct_num_workers: 2}",
)
CONFIG = """
name: toy
data: {path: /rows.csv}
output_dir: OUT
encoder: {source: ENCODER}
transform: {max_seq_length: 24}
tune: {enabled: true}
validate: {schema_path: SCHEMA}
"""


@pytest.fixture(scope="module")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("settings")
    encoder = build_tiny_encoder(folder / "encoder")
    schema = folder / "schema.pbtxt"
    schema.write_text('feature { name: "text" type: BYTES }')
    path = folder / "config.yaml"
    text = CONFIG.replace("SCHEMA", str(schema)).replace("ENCODER", str(encoder))
    path.write_text(text.replace("OUT", str(folder / "out")))
    return path


@pytest.fixture(scope="module")
def compiled(config_file: Path) -> CompiledPipeline:
    return compile_config(load_config(config_file))


@pytest.fixture(scope="module")
def expected(config_file: Path) -> pipeline_pb2.Pipeline:
    config = load_config(config_file, SETTINGS)
    encoder: EncoderModule = check_encoder(config)
    return compile_config(config, encoder).ir


def node(ir: pipeline_pb2.Pipeline, node_id: str) -> pipeline_pb2.PipelineNode:
    return next(n.pipeline_node for n in ir.nodes if n.pipeline_node.node_info.id == node_id)


def deployment(ir: pipeline_pb2.Pipeline) -> pipeline_pb2.IntermediateDeploymentConfig:
    unpacked = pipeline_pb2.IntermediateDeploymentConfig()
    ir.deployment_config.Unpack(unpacked)
    return unpacked


NODES = (
    *("ExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform", "Tuner"),
    *("Trainer", "Optimizer", "Resolver", "Evaluator", "InfraValidator", "Pusher"),
)


def test_the_nodes_compared_here_are_all(compiled: CompiledPipeline) -> None:
    assert sorted(node_ids(compiled.ir)) == sorted(NODES)


@pytest.mark.parametrize("node_id", NODES)
def test_every_node_gets_what_compiling_would_have_given_it(
    compiled: CompiledPipeline, expected: pipeline_pb2.Pipeline, node_id: str
) -> None:
    packed = read_compiled(encode_node(compiled, node_id))

    ir = with_parameters(with_settings(packed, SETTINGS), node_id)

    assert node(ir, node_id) == node(expected, node_id)
    executors = deployment(ir).executor_specs, deployment(expected).executor_specs
    assert executors[0].get(node_id) == executors[1].get(node_id)


def test_a_graph_taken_up_again_is_what_compiling_would_have_made(
    compiled: CompiledPipeline, expected: pipeline_pb2.Pipeline
) -> None:
    changed = with_settings(compiled, SETTINGS)

    ir = with_all_parameters(changed, check_encoder(changed.config)).ir

    assert list(ir.nodes) == list(expected.nodes)
    assert ir.runtime_spec == expected.runtime_spec
    assert deployment(ir) == deployment(expected)


def test_the_compiled_pipeline_stays_as_it_was(compiled: CompiledPipeline) -> None:
    before = compiled.ir.SerializeToString(deterministic=True)
    with_parameters(with_settings(compiled, SETTINGS), "Trainer")
    assert compiled.ir.SerializeToString(deterministic=True) == before
    assert compiled.config.train.epochs == 3


def test_the_output_folder_moves_everything(compiled: CompiledPipeline, tmp_path: Path) -> None:
    ir = with_parameters(with_settings(compiled, [f"output_dir={tmp_path}"]), "Pusher")

    root = ir.runtime_spec.pipeline_root.field_value.string_value
    assert root == f"{tmp_path}/artifacts"
    assert metadata_connection(ir).sqlite.filename_uri == f"{tmp_path}/metadata.sqlite"
    destination = node(ir, "Pusher").parameters.parameters["push_destination"]
    assert f"{tmp_path}/serving_model" in destination.field_value.string_value


def test_the_artifacts_may_lie_apart(compiled: CompiledPipeline) -> None:
    ir = with_parameters(compiled, "ExampleGen", pipeline_root="gs://bucket/root/")
    assert ir.runtime_spec.pipeline_root.field_value.string_value == "gs://bucket/root"


def test_the_metadata_move_by_their_address(compiled: CompiledPipeline) -> None:
    settings = ["metadata.url=mysql://ann@db.example/mlmd"]
    ir = with_parameters(with_settings(compiled, settings), "ExampleGen")
    assert metadata_connection(ir).mysql.host == "db.example"


def test_a_compiled_pipeline_holds_no_password(
    config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "not to be written"  # noqa: S105 - of no server
    monkeypatch.setenv("MLMD_PASSWORD", secret)
    url = "metadata.url=mysql://ann:${MLMD_PASSWORD}@db.example/mlmd"
    written = compile_config(load_config(config_file, [url]))
    assert secret.encode() not in written.ir.SerializeToString()
    ir = with_parameters(written, "ExampleGen")
    assert metadata_connection(ir).mysql.password == secret


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("tune.enabled=false", "`tune.enabled` changes the graph, so it cannot be set for one run"),
        (
            "optimize.enabled=false",
            "`optimize.enabled` changes the graph, so it cannot be set for one run",
        ),
        (
            "validate.schema_path=null",
            "`validate.schema_path` changes the graph, so it cannot be set",
        ),
        ("name=other", "compiled with 'toy'; compile it again with 'other'"),
        ("train.epoch=1", "--set: `train.epoch` is not a known key; known here: epochs"),
        ("train.epochs=0", "--set: `train.epochs`: input should be greater than or equal to 1"),
        ("train.epochs", "is not of the form section.key=value"),
        ("output_dir=/data/[x]", "must do without [ ], which the file systems of TFX take for a"),
        ("push.directory=gs://b/*", "`push.directory` is gs://b/*; its name, and those of the"),
    ],
)
def test_refused_settings(compiled: CompiledPipeline, setting: str, sentence: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        with_settings(compiled, [setting])
    assert sentence in str(refused.value)


def test_relative_paths_are_taken_from_the_working_folder(
    compiled: CompiledPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config: PipelineConfig = with_settings(compiled, ["data.path=rows.csv"]).config
    assert config.data.path == str(tmp_path / "rows.csv")
