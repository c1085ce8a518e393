"""Run one node of a compiled graph; everything that runs the graph ends up here."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler import constants
from tfx.dsl.io import fileio
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import launcher, runtime_parameter_utils
from tfx.proto.orchestration import pipeline_pb2

from bert_aas.contracts.errors import InvalidInputError
from pipeline.errors import PipelineError
from pipeline.metadata.records import FAILED, Attempt, execution_state, mark_failed, node_attempts
from pipeline.nodes.beam_operator import without_beam_arguments
from pipeline.nodes.late_executors import late_operators

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


def node_ids(ir: pipeline_pb2.Pipeline) -> list[str]:
    """Return the ids of the nodes, in an order in which they can run."""
    return [node.pipeline_node.node_info.id for node in ir.nodes]


def check_node(ir: pipeline_pb2.Pipeline, node_id: str) -> None:
    """Refuse the id of a node that is not there.

    Args:
        ir: The compiled graph.
        node_id: Id of the node.

    Raises:
        InvalidInputError: If the graph has no such node.
    """
    known = node_ids(ir)
    if node_id not in known:
        raise InvalidInputError(
            f"the graph has no node {node_id!r}; its nodes are {', '.join(known)}"
        )


def edges(ir: pipeline_pb2.Pipeline) -> list[tuple[str, str]]:
    """Return the edges of the graph as pairs of node ids, upstream first."""
    return [
        (upstream, node.pipeline_node.node_info.id)
        for node in ir.nodes
        for upstream in node.pipeline_node.upstream_nodes
    ]


def metadata_connection(ir: pipeline_pb2.Pipeline) -> metadata_store_pb2.ConnectionConfig:
    """Return where a compiled graph keeps its metadata."""
    connection = runner_utils.extract_local_deployment_config(ir).metadata_connection_config
    store: metadata_store_pb2.ConnectionConfig = getattr(
        connection, connection.WhichOneof("connection_config")
    )
    return store


def run_node(ir: pipeline_pb2.Pipeline, node_id: str, run_id: str) -> NodeResult:
    """Run one node through TFX's launcher: driver, cache, executor, publisher.

    It can be called again with the same run id. A node that has succeeded is not run again.
    Otherwise the files of the last attempt are removed, and the new attempt gets its own execution.

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
    check_node(ir, node_id)
    started = time.monotonic()
    run = _with_run_id(ir, run_id)
    store = metadata_connection(run)
    _make_folder(store)
    node = next(n.pipeline_node for n in run.nodes if n.pipeline_node.node_info.id == node_id)
    attempts = node_attempts(store, run_id, ir.pipeline_info.id, node_id)
    for attempt in attempts:
        if attempt.succeeded:
            return NodeResult(node_id, attempt.state, 0.0)
        _discard(attempt, node, run.runtime_spec.pipeline_root.field_value.string_value)
    if attempts:
        _set_apart(node, f"{run_id}.{node_id}.{len(attempts)}")
    try:
        info = _launcher(run, node, store).launch()
    except BaseException as stop:
        if not isinstance(stop, Exception):  # TFX records errors itself, but no interruption
            mark_failed(store, run_id, ir.pipeline_info.id, node_id)
        raise
    state = _state(store, node_id, info)
    return NodeResult(node_id, state, time.monotonic() - started)


def _state(store: metadata_store_pb2.ConnectionConfig, node_id: str, info: Any) -> str:
    """Tell from what the launcher returned how the node ended."""
    if info is None or info.execution_id is None:
        return SKIPPED
    state = execution_state(store, info.execution_id)
    if state == FAILED:
        raise PipelineError(f"the node {node_id} did not find its inputs; see the log")
    return state


def _make_folder(store: metadata_store_pb2.ConnectionConfig) -> None:
    """Make the folder of a SQLite file: the first node of the first run finds none."""
    if store.HasField("sqlite"):
        Path(store.sqlite.filename_uri).parent.mkdir(parents=True, exist_ok=True)


def _with_run_id(ir: pipeline_pb2.Pipeline, run_id: str) -> pipeline_pb2.Pipeline:
    run = pipeline_pb2.Pipeline()
    run.CopyFrom(ir)
    runtime_parameter_utils.substitute_runtime_parameter(
        run, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )
    return run


def _set_apart(node: pipeline_pb2.PipelineNode, name: str) -> None:
    """Give an attempt an execution of its own.

    TFX would reuse the failed one, which keeps the cache key of its time: what the new attempt
    makes, maybe of other data, would later be found under both keys.
    """
    context = node.contexts.contexts.add()
    context.type.name = "attempt"
    context.name.field_value.string_value = name


def _discard(attempt: Attempt, node: pipeline_pb2.PipelineNode, pipeline_root: str) -> None:
    """Remove what an unfinished attempt wrote: it is never used."""
    for key in node.outputs.outputs:
        folder = f"{pipeline_root}/{node.node_info.id}/{key}/{attempt.execution_id}"
        if fileio.exists(folder):
            fileio.rmtree(folder)


def _launcher(
    run: pipeline_pb2.Pipeline,
    node: pipeline_pb2.PipelineNode,
    store: metadata_store_pb2.ConnectionConfig,
) -> launcher.Launcher:
    deployment = runner_utils.extract_local_deployment_config(run)
    node_id = node.node_info.id
    spec = runner_utils.extract_executor_spec(deployment, node_id)
    return launcher.Launcher(
        pipeline_node=node,
        mlmd_connection=metadata.Metadata(store),
        pipeline_info=run.pipeline_info,
        pipeline_runtime_spec=run.runtime_spec,
        executor_spec=without_beam_arguments(spec),
        custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
        custom_executor_operators=late_operators(spec),
    )
