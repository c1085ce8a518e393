"""The graph as text for Graphviz and Mermaid."""

from pipeline.graph.shape.drawing import to_dot, to_mermaid
from pipeline.graph.shape.topology import Topology, TopologyNode

TOPOLOGY = Topology(
    "reviews",
    (TopologyNode("A", (), {}, {}), TopologyNode("B", ("A",), {}, {})),
    (),
)


def test_dot() -> None:
    lines = to_dot(TOPOLOGY).splitlines()
    assert lines[0] == 'digraph "reviews" {'
    assert lines[-4:] == ['  "A";', '  "B";', '  "A" -> "B";', "}"]


def test_mermaid() -> None:
    assert to_mermaid(TOPOLOGY) == 'flowchart LR\n  A["A"]\n  B["B"]\n  A --> B\n'
