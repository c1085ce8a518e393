"""How a run went, told from the metadata."""

import pytest

from pipeline.metadata.records import NodeRecord
from pipeline.runs.outcome import recorded_outcome

pytestmark = pytest.mark.slow  # TFX takes many seconds to import


def test_nodes_keep_their_order_states_and_times() -> None:
    records = {
        "ExampleGen": NodeRecord("ExampleGen", "cached", seconds=0.5),
        "Trainer": NodeRecord("Trainer", "failed", seconds=7.0),
    }
    error = OSError("disk full")
    outcome = recorded_outcome("r1", records, error)
    assert (outcome.run_id, outcome.error) == ("r1", error)
    assert [(node.node_id, node.state, node.seconds) for node in outcome.nodes] == [
        ("ExampleGen", "cached", 0.5),
        ("Trainer", "failed", 7.0),
    ]
