"""Whatever runs the pipeline runs the same graph: nodes, edges, ids, types of artifacts."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline.config.pipeline_config import PipelineConfig
from pipeline.config.preflight import check_encoder
from pipeline.graph.catalogue.entry import ServiceOptions
from pipeline.graph.compiled import CompiledPipeline, read_compiled
from pipeline.graph.compiling import compile_config
from pipeline.graph.shape.topology import Topology, TopologyNode
from tests.tiny_encoder import build_tiny_encoder

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

RESOLVER = "Resolver"
PREFIX = "title: tfx."
QUERIES = {"Resolver-model-blessing-resolver": "Resolver", "Resolver-model-resolver": "Resolver"}
"""Vertex AI looks with two tasks for what one Resolver finds."""


class Graph(NamedTuple):
    """What must be the same: ids, edges, and key to artifact type by node.

    What a Resolver takes in is a query, which services put in words of their own.
    """

    nodes: set[str]
    edges: set[tuple[str, str]]
    inputs: dict[str, dict[str, str]]
    outputs: dict[str, dict[str, str]]


def of_topology(topology: Topology) -> Graph:
    nodes = [node for node in topology.nodes if node.id != RESOLVER]
    return Graph(
        {node.id for node in topology.nodes},
        set(topology.edges()),
        {node.id: dict(node.inputs) for node in nodes},
        {node.id: dict(node.outputs) for node in nodes},
    )


def locally(config: PipelineConfig, folder: Path) -> Graph:
    del folder
    return of_topology(compile_config(config, check_encoder(config)).topology())


def on_airflow(config: PipelineConfig, folder: Path) -> Graph:
    from pipeline.runners.airflow.package import read_packages, write_package

    write_package(compile_config(config), folder)
    (package,) = read_packages(folder)
    return of_topology(package.topology)


def on_kubeflow(config: PipelineConfig, folder: Path) -> Graph:
    from pipeline.runners.kubeflow.package import write_package
    from tests.e2e.kubeflow_executor import Package

    write_package(compile_config(config), folder / "package.yaml")
    package = Package(folder / "package.yaml")
    names = {name: task.task_info.name for name, task in package.tasks.items()}
    edges = {
        (names[upstream], names[name])
        for name, task in package.tasks.items()
        for upstream in task.dependent_tasks
    }
    run = {
        names[name]: _run_by(package.container(task).args) for name, task in package.tasks.items()
    }
    del run[RESOLVER]
    return Graph(
        set(names.values()),
        edges,
        {node_id: dict(node.inputs) for node_id, node in run.items()},
        {node_id: dict(node.outputs) for node_id, node in run.items()},
    )


def _run_by(arguments: Any) -> TopologyNode:
    """The node that a step's arguments hold."""
    words = list(arguments)
    compiled: CompiledPipeline = read_compiled(words[words.index("--ir") + 1])
    node_id = words[words.index("--node") + 1]
    return next(node for node in compiled.topology().nodes if node.id == node_id)


def on_vertex(config: PipelineConfig, folder: Path) -> Graph:
    from pipeline.runners.vertex import compile_job

    del folder
    function = "models.encoder_preprocessing.preprocessing_fn"
    service = ServiceOptions("a1b2", function, {})
    job = compile_job(config, check_encoder(config), service, enable_cache=True)
    tasks = job["pipelineSpec"]["root"]["dag"]["tasks"]
    edges = {
        (QUERIES.get(upstream, upstream), QUERIES.get(name, name))
        for name, task in tasks.items()
        for upstream in {*_producers(task), *task.get("dependentTasks", ())}
    }
    components = job["pipelineSpec"]["components"]
    nodes = {QUERIES.get(name, name) for name in tasks}
    return Graph(
        nodes,
        {edge for edge in edges if edge[0] != edge[1]},
        {name: _types(components[name].get("inputDefinitions", {})) for name in nodes - {RESOLVER}},
        {name: _types(components[name]["outputDefinitions"]) for name in nodes - {RESOLVER}},
    )


def _producers(task: dict[str, Any]) -> set[str]:
    artifacts = task.get("inputs", {}).get("artifacts", {}).values()
    return {source["taskOutputArtifact"]["producerTask"] for source in artifacts}


def _types(definitions: dict[str, Any]) -> dict[str, str]:
    return {
        key: schema["artifactType"]["instanceSchema"].splitlines()[0].removeprefix(PREFIX)
        for key, schema in definitions.get("artifacts", {}).items()
    }


RUNNERS: dict[str, Callable[[PipelineConfig, Path], Graph]] = {
    "airflow": on_airflow,
    "kubeflow": on_kubeflow,
    "vertex": on_vertex,
}


@pytest.fixture(
    scope="module",
    params=[
        {},
        {
            "tune": {"enabled": True},
            "optimize": {"enabled": False},
            "prepare": {"enabled": True, "label_map": {"bad": [1, 2], "good": [4, 5]}},
            "bias": {"enabled": True, "facets": ["shop"]},
            "evaluate": {
                "conditions": [
                    {"name": "a", "metric": "bias.after.RD", "operator": "<=", "bound": 1}
                ]
            },
            "features": {"enabled": True, "store": "/store"},
            "explain": {"enabled": True},
        },
        {"validate": {"schema_path": "SCHEMA"}},
    ],
    ids=["as it is", "with all nodes of data and a tuner, not optimized", "with a curated schema"],
)
def config(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> PipelineConfig:
    folder = tmp_path_factory.mktemp("graphs")
    encoder = build_tiny_encoder(folder / "encoder")
    schema = folder / "schema.pbtxt"
    schema.write_text('feature { name: "text" type: BYTES }')
    content = {
        "name": "toy",
        "output_dir": "gs://shop/toy",
        "data": {"path": "gs://shop/reviews.csv"},
        "encoder": {"source": str(encoder)},
        "transform": {"max_seq_length": 24},
        "metadata": {"url": "mysql://tfx@database/metadata"},
        "kubeflow": {"image": "registry.example/bert-aas:1"},
        "vertex": {"image": "registry.example/bert-aas:1"},
        **request.param,
    }
    text = json.dumps(content).replace("SCHEMA", str(schema))
    return PipelineConfig.model_validate_json(text)


@pytest.mark.parametrize("runner", RUNNERS)
def test_it_is_the_graph_of_a_local_run(
    config: PipelineConfig, runner: str, tmp_path: Path
) -> None:
    local = locally(config.model_copy(update={"output_dir": str(tmp_path / "out")}), tmp_path)
    sections = (
        *(config.prepare, config.bias, config.features, config.tune, config.optimize),
        config.explain,
    )
    both = config.bias.enabled  # bias has two nodes
    assert len(local.nodes) == 10 + both + sum(section.enabled for section in sections)
    assert (("ModelBiasDetector", "InfraValidator") in local.edges) == both
    judge = "ModelBiasDetector" if both else "Evaluator"  # a condition is left to it
    blessed = {upstream for upstream, node in local.edges if node == "Pusher"}
    assert blessed & {"ModelBiasDetector", "Evaluator"} == {judge}
    assert (("BiasDetector", "Transform") in local.edges) == config.bias.enabled
    assert (("Preparer", "StatisticsGen") in local.edges) == config.prepare.enabled
    assert (("Explainer", "InfraValidator") in local.edges) == config.explain.enabled
    assert (("Transform", "FeatureWriter") in local.edges) == config.features.enabled
    assert RUNNERS[runner](config, tmp_path) == local
