"""The run as a whole: how it went, and what happened to each node."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.metadata.records import FAILED

SKIPPED = "skipped"

_RUN_ID_TIME = "%Y%m%d-%H%M%S"
_RUN_ID_TIME_LENGTH = 15
_OWN_ERROR = "InvalidInputError: "


@dataclass(frozen=True)
class GraphNode:
    """One node of the graph.

    Attributes:
        id: Its id.
        state: `executed`, `cached`, `failed` or `skipped`.
        seconds: How long it took.
        upstream: Ids of the nodes it waits for.
    """

    id: str
    state: str
    seconds: float
    upstream: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunOverview:
    """The run as a whole.

    Attributes:
        name: Name of the pipeline.
        run_id: Id of the run.
        started: When it started, if the id tells.
        status: `succeeded`, `waiting_for_approval`, `not_blessed` or `failed`.
        error: What stopped it, one sentence.
        failed_node: Where it stopped.
        pushed_model: Folder of the pushed model.
    """

    name: str
    run_id: str
    started: datetime | None = None
    status: str = "failed"
    error: str | None = None
    failed_node: str | None = None
    pushed_model: str | None = None


def collect_graph(run: Mapping[str, Any], ir: Any) -> tuple[GraphNode, ...]:
    """Join the nodes of the compiled graph with what happened to them.

    Args:
        run: The content of `run.json`.
        ir: TFX's compiled graph.

    Returns:
        The nodes in the order of the graph; those the run does not name are `skipped`.
    """
    happened = {node["id"]: node for node in run.get("nodes", [])}
    nodes = []
    for node in ir.nodes:
        name = node.pipeline_node.node_info.id
        known = happened.get(name, {})
        upstream = tuple(sorted(node.pipeline_node.upstream_nodes))
        state, seconds = known.get("state", SKIPPED), float(known.get("seconds", 0))
        nodes.append(GraphNode(name, state, seconds, upstream))
    return tuple(nodes)


def collect_overview(
    run: Mapping[str, Any], graph: tuple[GraphNode, ...], name: str
) -> RunOverview:
    """Say how the run went as a whole.

    Args:
        run: The content of `run.json`.
        graph: The nodes.
        name: Name of the pipeline.

    Returns:
        The overview.
    """
    error = run.get("error")
    return RunOverview(
        name=name,
        run_id=run["run_id"],
        started=_started(run["run_id"]),
        status=run["status"],
        error=error.removeprefix(_OWN_ERROR) if error else None,
        failed_node=next((node.id for node in graph if node.state == FAILED), None),
        pushed_model=run.get("pushed_model"),
    )


def _started(run_id: str) -> datetime | None:
    try:
        return datetime.strptime(run_id[:_RUN_ID_TIME_LENGTH], _RUN_ID_TIME)
    except ValueError:
        return None
