"""Run the whole graph in this process, node after node, with live progress."""

import logging
import time

from tfx.proto.orchestration import pipeline_pb2

from pipeline.metadata.records import FAILED
from pipeline.nodes.node import NodeResult, node_ids, run_node
from pipeline.runners.local.progress_display import ProgressDisplay
from pipeline.runs.outcome import RunOutcome

_logger = logging.getLogger(__name__)


def run_graph(ir: pipeline_pb2.Pipeline, run_id: str, display: ProgressDisplay) -> RunOutcome:
    """Run every node of a compiled graph; stop at the first that fails.

    Args:
        ir: The compiled graph.
        run_id: Id of the run.
        display: Shows what happens.

    Returns:
        The states of the nodes, and the error that stopped the run.
    """
    run = RunOutcome(run_id)
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
