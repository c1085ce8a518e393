"""How a run went, wherever its nodes ran."""

from dataclasses import dataclass, field

from pipeline.metadata.records import NodeRecord
from pipeline.nodes.node import NodeResult


@dataclass
class RunOutcome:
    """How a run went.

    Attributes:
        run_id: Id of the run in the metadata.
        nodes: The nodes that were started, in order.
        error: What stopped the run, or `None`.
    """

    run_id: str
    nodes: list[NodeResult] = field(default_factory=list)
    error: BaseException | None = None


def recorded_outcome(
    run_id: str, records: dict[str, NodeRecord], error: BaseException | None
) -> RunOutcome:
    """Tell from the metadata how a run went whose nodes ran in processes of their own.

    Args:
        run_id: Id of the run.
        records: Node id to what the metadata know about it.
        error: What stopped this process's node, or `None`.

    Returns:
        The outcome; a node that waits for its next attempt counts as failed.
    """
    nodes = [
        NodeResult(record.node_id, record.state, record.seconds) for record in records.values()
    ]
    return RunOutcome(run_id, nodes, error)
