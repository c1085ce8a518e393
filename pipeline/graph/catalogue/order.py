"""The nodes in the order of the graph."""

from collections.abc import Iterable, Mapping

from bert_aas.contracts.errors import InvalidInputError
from pipeline.graph.catalogue import (
    bias_detector,
    evaluator,
    example_gen,
    example_validator,
    explainer,
    feature_writer,
    infra_validator,
    model_bias_detector,
    optimizer,
    preparer,
    pusher,
    registrar,
    resolver,
    schema_gen,
    statistics_gen,
    trainer,
    transform,
    tuner,
)
from pipeline.graph.catalogue.entry import CatalogueNode

NODES: list[CatalogueNode] = [
    example_gen.NODE,
    preparer.NODE,
    statistics_gen.NODE,
    schema_gen.NODE,
    example_validator.NODE,
    bias_detector.NODE,
    transform.NODE,
    feature_writer.NODE,
    tuner.NODE,
    trainer.NODE,
    optimizer.NODE,
    resolver.NODE,
    evaluator.NODE,
    model_bias_detector.NODE,
    explainer.NODE,
    infra_validator.NODE,
    registrar.NODE,
    pusher.NODE,
]
"""A new node is one file beside these and one entry here."""


def catalogue() -> Mapping[str, CatalogueNode]:
    """Return the nodes by id, in their order."""
    return {node.id: node for node in NODES}


def entry_of(node_id: str) -> CatalogueNode:
    """Look a node up.

    Args:
        node_id: Its id.

    Returns:
        The entry.

    Raises:
        InvalidInputError: If there is none, as in a graph that another release compiled.
    """
    entry = catalogue().get(node_id)
    if entry is None:
        raise InvalidInputError(
            f"the node {node_id} is not in the catalogue of this release "
            "(`pipeline/graph/catalogue/`), whose nodes are "
            f"{', '.join(ids(NODES))}; compile the pipeline again"
        )
    return entry


def ids(nodes: Iterable[CatalogueNode]) -> tuple[str, ...]:
    """Return the ids of entries.

    Args:
        nodes: The entries.

    Returns:
        Their ids, in their order.
    """
    return tuple(node.id for node in nodes)
