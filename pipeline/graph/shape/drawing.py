"""Draw the graph as text that Graphviz or Mermaid turns into a picture."""

from pipeline.graph.shape.topology import Topology


def to_dot(topology: Topology) -> str:
    """Draw the graph in Graphviz's language.

    Args:
        topology: The graph.

    Returns:
        A `digraph`.
    """
    lines = [f'digraph "{topology.name}" {{', "  rankdir=LR;", "  node [shape=box];"]
    lines += [f'  "{node.id}";' for node in topology.nodes]
    lines += [f'  "{upstream}" -> "{node_id}";' for upstream, node_id in topology.edges()]
    return "\n".join([*lines, "}"]) + "\n"


def to_mermaid(topology: Topology) -> str:
    """Draw the graph in Mermaid's language, which Markdown pages show.

    Args:
        topology: The graph.

    Returns:
        A `flowchart`.
    """
    lines = ["flowchart LR"]
    lines += [f'  {node.id}["{node.id}"]' for node in topology.nodes]
    lines += [f"  {upstream} --> {node_id}" for upstream, node_id in topology.edges()]
    return "\n".join(lines) + "\n"
