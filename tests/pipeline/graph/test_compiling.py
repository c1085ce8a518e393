"""Every node of the compiled graph carries the fingerprint of all code that it names."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import any_pb2
from tfx.proto.orchestration import executable_spec_pb2, pipeline_pb2

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from components.evaluator.params import METRICS_MODULE
from pipeline.config.pipeline_config import PipelineConfig
from pipeline.graph.catalogue.entry import CatalogueNode
from pipeline.graph.catalogue.order import catalogue
from pipeline.graph.code.fingerprint import PACKAGES, reachable
from pipeline.graph.code.node_code import node_fingerprint
from pipeline.graph.compiled import CompiledPipeline
from pipeline.graph.compiling import compile_config

pytestmark = pytest.mark.slow  # TFX takes many seconds to import

DATA = {"path": "/rows.csv"}
# Every node: each section that can be switched on is.
CONFIG: dict[str, Any] = {
    name: {"enabled": True}
    for name, section in PipelineConfig.model_validate({"data": DATA}).model_dump().items()
    if isinstance(section, dict) and "enabled" in section
}
CONFIG |= {"name": "toy", "data": DATA, "bias": {"enabled": True, "facets": ("shop",)}}


@pytest.fixture(scope="module")
def compiled() -> CompiledPipeline:
    return compile_config(PipelineConfig.model_validate(CONFIG))


def told(compiled: CompiledPipeline) -> dict[str, dict[str, str]]:
    return {
        node.pipeline_node.node_info.id: {
            key: value.field_value.string_value
            for key, value in node.pipeline_node.parameters.parameters.items()
        }
        for node in compiled.ir.nodes
    }


def test_every_node_holds_its_own(compiled: CompiledPipeline) -> None:
    expected = {name: node_fingerprint(name) for name in catalogue()}
    assert {name: found[CODE_FINGERPRINT_KEY] for name, found in told(compiled).items()} == expected
    assert len(set(expected.values())) == len(expected)


def test_all_modules_that_the_graph_names_are_declared(compiled: CompiledPipeline) -> None:
    named = dict(_named(compiled))
    assert len(named) > 10
    for module, node_id in named.items():
        declared = {
            name for start in catalogue()[node_id].code.modules for name in reachable(start)
        }
        assert module in declared, node_id


def _named(compiled: CompiledPipeline) -> Iterator[tuple[str, str]]:
    """Yield our modules that executors, drivers and parameters name, each with its node."""
    deployment = pipeline_pb2.IntermediateDeploymentConfig()
    compiled.ir.deployment_config.Unpack(deployment)
    for specs in (deployment.executor_specs, deployment.custom_driver_specs):
        for node_id, spec in specs.items():
            if (module := _module(spec)).split(".")[0] in PACKAGES:
                yield module, node_id
    for node_id, parameters in told(compiled).items():
        for key in ("preprocessing_fn", "run_fn", "tuner_fn"):
            if key in parameters:
                yield parameters[key].rpartition(".")[0], node_id
    metrics = json.loads(told(compiled)["Evaluator"]["eval_config"])["metrics_specs"]
    assert METRICS_MODULE in json.dumps(metrics)
    yield METRICS_MODULE, "Evaluator"
    yield "serving.__main__", "InfraValidator"


def _module(spec: any_pb2.Any) -> str:
    for kind in (
        executable_spec_pb2.PythonClassExecutableSpec(),
        executable_spec_pb2.BeamExecutableSpec(),
    ):
        if spec.Unpack(kind):
            python = getattr(kind, "python_executor_spec", kind)
            return str(python.class_path.rpartition(".")[0])
    raise AssertionError(spec)


def test_a_node_without_declared_code_does_not_compile() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'code'"):
        CatalogueNode(id="Other", build=catalogue()["ExampleGen"].build)  # type: ignore[call-arg]
    with pytest.raises(InvalidInputError, match="the node Other is not in the catalogue"):
        node_fingerprint("Other")
