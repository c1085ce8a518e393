"""The Registrar in the graphs of every orchestrator; without it, no graph knows of a registry."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.pipeline_config import PipelineConfig
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    encoder = build_tiny_encoder(tmp_path_factory.mktemp("encoder") / "tiny")
    return {
        "name": "toy",
        "output_dir": "gs://shop/toy",
        "data": {"path": "gs://shop/reviews.csv"},
        "encoder": {"source": str(encoder)},
        "transform": {"max_seq_length": 24},
        "metadata": {"url": "mysql://tfx@database/metadata"},
        "kubeflow": {"image": "registry.example/bert-aas:1"},
        "vertex": {"image": "registry.example/bert-aas:1"},
        "registry": {"enabled": True, "url": "https://mlflow.example"},
        "push": {"requires_approval": True},
    }


def test_in_kubeflow_pipelines_and_airflow(content: dict[str, Any], tmp_path: Path) -> None:
    from pipeline.graph.compiling import compile_config
    from pipeline.runners.airflow.package import read_packages
    from pipeline.runners.airflow.package import write_package as write_airflow
    from pipeline.runners.kubeflow.package import write_package
    from tests.e2e.kubeflow_executor import Package

    compiled = compile_config(PipelineConfig.model_validate_json(json.dumps(content)))
    write_package(compiled, tmp_path / "package.yaml")
    package = Package(tmp_path / "package.yaml")
    assert "Registrar" in {task.task_info.name for task in package.tasks.values()}
    write_airflow(compiled, tmp_path / "pipelines")
    (written,) = read_packages(tmp_path / "pipelines")
    nodes = {node.id: node for node in written.topology.nodes}
    assert "Registrar" in nodes["Pusher"].upstream
    assert {"InfraValidator", "Evaluator", "Trainer"} <= set(nodes["Registrar"].upstream)


def test_on_vertex_ai(content: dict[str, Any], tmp_path: Path) -> None:
    from pipeline.runners.vertex import write_job

    config = PipelineConfig.model_validate_json(json.dumps(content))
    write_job(config, tmp_path / "job.json", enable_cache=True)
    job = json.loads((tmp_path / "job.json").read_text())
    tasks = job["pipelineSpec"]["root"]["dag"]["tasks"]
    assert "Registrar" in tasks["Pusher"]["dependentTasks"]
    told = tasks["Registrar"]["inputs"]["parameters"]["registrar_params"]
    assert "https://mlflow.example" in json.dumps(told)


def test_switched_off_nothing_is_told_of_it(content: dict[str, Any]) -> None:
    from pipeline.graph.compiling import compile_config

    given = {key: value for key, value in content.items() if key not in {"registry", "push"}}
    compiled = compile_config(PipelineConfig.model_validate_json(json.dumps(given)))
    nodes = {node.pipeline_node.node_info.id: node.pipeline_node for node in compiled.ir.nodes}
    assert "Registrar" not in nodes
    assert "approval" not in nodes["Pusher"].parameters.parameters
    assert "registration" not in nodes["Pusher"].inputs.inputs
