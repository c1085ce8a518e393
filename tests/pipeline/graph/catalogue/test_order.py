"""A node that is added by one entry is everywhere."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.catalogue.order import NODES
from tests.e2e.conftest import ROWS, write_reviews
from tests.pipeline.graph.catalogue.row_counter import NODE
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


@pytest.fixture(autouse=True)
def _added() -> Iterator[None]:
    """The catalogue with the fixture's node, after ExampleGen."""
    NODES.insert(1, NODE)
    yield
    NODES.remove(NODE)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> PipelineConfig:
    tmp_path = tmp_path_factory.mktemp("added")
    write_reviews(tmp_path / "reviews.csv")
    content = {
        "name": "toy",
        "output_dir": str(tmp_path / "output"),
        "data": {"path": str(tmp_path / "reviews.csv"), "text_column": "text"},
        "encoder": {"source": str(build_tiny_encoder(tmp_path / "encoder"))},
        "transform": {"max_seq_length": 24},
    }
    return PipelineConfig.model_validate_json(json.dumps(content))


@pytest.fixture
def in_a_cloud(config: PipelineConfig) -> PipelineConfig:
    content = {
        **config.model_dump(mode="json", by_alias=True),
        "output_dir": "gs://shop/toy",
        "data": {"path": "gs://shop/reviews.csv"},
        "metadata": {"url": "mysql://tfx@database/metadata"},
        "kubeflow": {"image": "registry.example/bert-aas:1"},
        "vertex": {"image": "registry.example/bert-aas:1", "trainer_resources": {"cpus": 9}},
    }
    return PipelineConfig.model_validate_json(json.dumps(content))


def test_in_a_run_here_in_its_report_and_among_past_runs(config: PipelineConfig) -> None:
    from pipeline.runners.notebook import open_pipeline
    from pipeline.runs.past_runs import past_runs

    pipeline = open_pipeline(config)
    pipeline.run_to("RowCounter")

    assert Path(pipeline.artifact("RowCounter", "count")).read_text() == str(ROWS)
    states = {node["id"]: node["state"] for node in pipeline.summary()["nodes"]}
    assert states["RowCounter"] == "executed"
    assert "RowCounter" in pipeline.show("graph").body
    assert "Integer" in pipeline.show("lineage").body
    (run,) = past_runs(config.output_dir)
    assert run.nodes["RowCounter"].state == "executed"
    assert run.parameters["counter.unit"] == "rows of text"
    assert len(run.fingerprints["code of RowCounter"]) == 16


def test_in_a_run_that_changes_what_it_is_told(config: PipelineConfig) -> None:
    from pipeline.config.preflight import check_encoder
    from pipeline.graph.compiling import compile_config
    from pipeline.graph.run_settings import with_parameters, with_settings

    compiled = with_settings(
        compile_config(config, check_encoder(config)), ["data.text_column=body"]
    )
    ir = with_parameters(compiled, "RowCounter")
    (node,) = [n.pipeline_node for n in ir.nodes if n.pipeline_node.node_info.id == "RowCounter"]
    told = node.parameters.parameters["unit"].field_value.string_value
    assert told == "rows of body"


def test_in_airflow(config: PipelineConfig, tmp_path: Path) -> None:
    from pipeline.graph.compiling import compile_config
    from pipeline.runners.airflow.package import read_packages, write_package

    write_package(compile_config(config), tmp_path / "pipelines")
    (package,) = read_packages(tmp_path / "pipelines")
    (node,) = [node for node in package.topology.nodes if node.id == "RowCounter"]
    assert node.upstream == ("ExampleGen",)
    assert node.outputs == {"count": "Integer"}
    assert node.trains


def test_in_kubeflow_pipelines(in_a_cloud: PipelineConfig, tmp_path: Path) -> None:
    from pipeline.graph.compiling import compile_config
    from pipeline.runners.kubeflow.package import write_package
    from tests.e2e.kubeflow_executor import Package

    write_package(compile_config(in_a_cloud), tmp_path / "package.yaml")
    package = Package(tmp_path / "package.yaml")
    assert "RowCounter" in {task.task_info.name for task in package.tasks.values()}


def test_on_vertex_ai(in_a_cloud: PipelineConfig, tmp_path: Path) -> None:
    from pipeline.runners.vertex import write_job

    write_job(in_a_cloud, tmp_path / "job.json", enable_cache=True)
    job = json.loads((tmp_path / "job.json").read_text())
    task = job["pipelineSpec"]["root"]["dag"]["tasks"]["RowCounter"]
    assert task["dependentTasks"] == ["ExampleGen"]
    executors = job["pipelineSpec"]["deploymentSpec"]["executors"]
    assert executors["RowCounter_executor"]["container"]["resources"]["cpuLimit"] == 9


def test_a_graph_without_the_entry_has_no_such_node(config: PipelineConfig) -> None:
    from pipeline.graph.compiling import compile_config

    NODES.remove(NODE)
    try:
        assert "RowCounter" not in {node.id for node in compile_config(config).topology().nodes}
    finally:
        NODES.insert(1, NODE)
