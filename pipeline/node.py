"""Run one node of a compiled graph; everything that runs the graph ends up here."""

import time
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import json_format
from tfx.dsl.compiler import compiler, constants
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.pipeline import Pipeline
from tfx.orchestration.portable import launcher, runtime_parameter_utils
from tfx.proto.orchestration import pipeline_pb2

from models.errors import InvalidInputError
from pipeline.errors import PipelineError
from pipeline.run_records import execution_state

SKIPPED = "skipped"


@dataclass(frozen=True)
class NodeResult:
    """How a node ended.

    Attributes:
        node_id: Id of the node.
        state: `executed`, `cached` or `skipped`.
        seconds: How long it took.
    """

    node_id: str
    state: str
    seconds: float


def compile_pipeline(pipeline: Pipeline) -> pipeline_pb2.Pipeline:
    """Compile the graph to TFX's intermediate representation.

    Args:
        pipeline: The graph.

    Returns:
        The representation, with the run's id still open.
    """
    return compiler.Compiler().compile(pipeline)


def write_ir(ir: pipeline_pb2.Pipeline, path: Path) -> None:
    """Write a compiled graph as JSON, all at once.

    Args:
        ir: The compiled graph.
        path: File to write.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(json_format.MessageToJson(ir), encoding="utf-8")
    aside.replace(path)


def read_ir(path: Path) -> pipeline_pb2.Pipeline:
    """Read a compiled graph.

    Args:
        path: File that `write_ir` wrote.

    Returns:
        The compiled graph.

    Raises:
        InvalidInputError: If the file cannot be read or is no compiled graph.
    """
    try:
        ir = json_format.Parse(path.read_text(encoding="utf-8"), pipeline_pb2.Pipeline())
    except OSError as exc:
        raise InvalidInputError(
            f"the compiled graph {path} cannot be read: {exc.strerror}"
        ) from exc
    except (json_format.ParseError, UnicodeDecodeError) as exc:
        raise InvalidInputError(f"{path} is not a compiled graph that `bert-aas` wrote") from exc
    if not ir.nodes:
        raise InvalidInputError(f"{path} is not a compiled graph that `bert-aas` wrote")
    return ir


def node_ids(ir: pipeline_pb2.Pipeline) -> list[str]:
    """Return the ids of the nodes, in an order in which they can run."""
    return [node.pipeline_node.node_info.id for node in ir.nodes]


def edges(ir: pipeline_pb2.Pipeline) -> list[tuple[str, str]]:
    """Return the edges of the graph as pairs of node ids, upstream first."""
    return [
        (upstream, node.pipeline_node.node_info.id)
        for node in ir.nodes
        for upstream in node.pipeline_node.upstream_nodes
    ]


def run_node(ir: pipeline_pb2.Pipeline, node_id: str, run_id: str) -> NodeResult:
    """Run one node through TFX's launcher: driver, cache, executor, publisher.

    Args:
        ir: The compiled graph; it is not changed.
        node_id: Id of the node; its upstream nodes must have run under the same run id.
        run_id: Id of the run.

    Returns:
        How it ended; an exception of the executor is passed on.

    Raises:
        InvalidInputError: If there is no such node.
        PipelineError: If its inputs are not there.
    """
    if node_id not in node_ids(ir):
        raise InvalidInputError(
            f"the graph has no node {node_id!r}; its nodes are {', '.join(node_ids(ir))}"
        )
    started = time.monotonic()
    run = pipeline_pb2.Pipeline()
    run.CopyFrom(ir)
    runtime_parameter_utils.substitute_runtime_parameter(
        run, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )
    deployment = runner_utils.extract_local_deployment_config(run)
    connection = deployment.metadata_connection_config
    store = getattr(connection, connection.WhichOneof("connection_config"))
    node = next(n.pipeline_node for n in run.nodes if n.pipeline_node.node_info.id == node_id)
    info = launcher.Launcher(
        pipeline_node=node,
        mlmd_connection=metadata.Metadata(store),
        pipeline_info=run.pipeline_info,
        pipeline_runtime_spec=run.runtime_spec,
        executor_spec=runner_utils.extract_executor_spec(deployment, node_id),
        custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
    ).launch()
    seconds = time.monotonic() - started
    if info is None or info.execution_id is None:
        return NodeResult(node_id, SKIPPED, seconds)
    state = execution_state(store, info.execution_id)
    if state == "failed":
        raise PipelineError(f"the node {node_id} did not find its inputs; see the log")
    return NodeResult(node_id, state, seconds)
