"""What nodes wait for: nodes of the catalogue, which stand before them."""

from pipeline.graph.catalogue.order import NODES


def test_every_node_waits_for_nodes_before_it() -> None:
    """A name that is not there would be taken for a node that is switched off."""
    seen: set[str] = set()
    for node in NODES:
        assert set(node.waits_for) <= seen, node.id
        seen.add(node.id)
    assert any(node.waits_for for node in NODES)
