"""Run the whole graph in this process, node after node, with live progress."""

import logging
import time
from dataclasses import dataclass, field

from tfx.proto.orchestration import pipeline_pb2

from pipeline.node import NodeResult, node_ids, run_node
from pipeline.progress_display import ProgressDisplay

FAILED = "failed"

_logger = logging.getLogger(__name__)


@dataclass
class LocalRun:
    """How a run went.

    Attributes:
        run_id: Id of the run in the metadata.
        nodes: The nodes that were started, in order.
        error: What stopped the run, or `None`.
    """

    run_id: str
    nodes: list[NodeResult] = field(default_factory=list)
    error: Exception | None = None


def run_graph(ir: pipeline_pb2.Pipeline, run_id: str, display: ProgressDisplay) -> LocalRun:
    """Run every node of a compiled graph; stop at the first that fails.

    Args:
        ir: The compiled graph.
        run_id: Id of the run.
        display: Shows what happens.

    Returns:
        The states of the nodes, and the error that stopped the run.
    """
    run = LocalRun(run_id)
    for node_id in node_ids(ir):
        display.start(node_id)
        started = time.monotonic()
        try:
            result = run_node(ir, node_id, run_id)
        except Exception as exc:  # the run's outermost edge: any executor may fail in any way
            _logger.exception("node %s failed", node_id)
            result = NodeResult(node_id, FAILED, time.monotonic() - started)
            run.error = exc
        run.nodes.append(result)
        display.finish(result)
        if run.error:
            break
    return run
