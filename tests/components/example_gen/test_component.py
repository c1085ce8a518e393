import os
from pathlib import Path

import pytest
from tfx.dsl.compiler import compiler
from tfx.orchestration import metadata, pipeline
from tfx.orchestration.portable import launcher, runtime_parameter_utils
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2
from tfx.types import standard_artifacts

from components.example_gen.component import RowExampleGen
from tests.components.example_gen.tables import csv_text, params_for, reviews


def declare(path: Path) -> RowExampleGen:
    node = RowExampleGen(params_for(path))
    node.id = "ExampleGen"
    return node


def test_it_hands_on_examples() -> None:
    node = declare(Path("a.csv"))
    assert node.id == "ExampleGen"
    assert node.outputs["examples"].type is standard_artifacts.Examples
    assert node.exec_properties["data_params"] == params_for("a.csv").model_dump_json()


def compile_ir(folder: Path, path: Path) -> pipeline_pb2.Pipeline:
    return compiler.Compiler().compile(
        pipeline.Pipeline(
            pipeline_name="only_example_gen",
            pipeline_root=str(folder / "root"),
            components=[declare(path)],
            enable_cache=True,
            metadata_connection_config=metadata.sqlite_metadata_connection_config(
                str(folder / "metadata.db")
            ),
        )
    )


def launch(ir: pipeline_pb2.Pipeline, run_id: str) -> Path:
    """Run the node as the node runner does; returns the folder of the examples it hands on."""
    run = pipeline_pb2.Pipeline()
    run.CopyFrom(ir)
    runtime_parameter_utils.substitute_runtime_parameter(run, {"pipeline-run-id": run_id})
    deployment = pipeline_pb2.IntermediateDeploymentConfig()
    run.deployment_config.Unpack(deployment)
    specs = {}
    for kind in ("executor_specs", "custom_driver_specs"):
        [packed] = getattr(deployment, kind).values()
        specs[kind] = unpack(packed)
    connection_config = metadata.metadata_store_pb2.ConnectionConfig()
    deployment.metadata_connection_config.Unpack(connection_config)
    connection = metadata.Metadata(connection_config)
    launcher.Launcher(
        pipeline_node=run.nodes[0].pipeline_node,
        mlmd_connection=connection,
        pipeline_info=run.pipeline_info,
        pipeline_runtime_spec=run.runtime_spec,
        executor_spec=specs["executor_specs"],
        custom_driver_spec=specs["custom_driver_specs"],
    ).launch()
    with connection as handle:
        [context] = [
            context
            for context in handle.store.get_contexts_by_type("pipeline_run")
            if context.name == run_id
        ]
        [artifact] = handle.store.get_artifacts_by_context(context.id)
    return Path(artifact.uri)


def unpack(packed: "pipeline_pb2.any_pb2.Any") -> object:
    name = packed.TypeName().rpartition(".")[2]
    spec = getattr(executable_spec_pb2, name)()
    packed.Unpack(spec)
    return spec


@pytest.mark.e2e
def test_one_compiled_pipeline_sees_changed_data(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(csv_text(reviews(60)))
    ir = compile_ir(tmp_path, path)
    first = launch(ir, "run-1")
    os.utime(path, (1, 1))
    assert launch(ir, "run-2") == first
    path.write_text(csv_text(reviews(61)))
    assert launch(ir, "run-3") != first
