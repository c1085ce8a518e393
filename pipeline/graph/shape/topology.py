"""The shape of a compiled pipeline, as orchestrators read it. Standard library only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

_TRAINED_IN_0_1 = frozenset({"Tuner", "Trainer"})


@dataclass(frozen=True)
class TopologyNode:
    """One node of the graph.

    Attributes:
        id: Its id, e.g. `Trainer`.
        upstream: Ids of the nodes that must have ended before.
        inputs: Input key to the name of the artifact type.
        outputs: Output key to the name of the artifact type.
        trains: Whether it trains: it gets the trainer's resources, time-out and pool.
    """

    id: str
    upstream: tuple[str, ...]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    trains: bool = False


@dataclass(frozen=True)
class RunParameter:
    """A configuration value that a run's form asks for.

    Attributes:
        name: Its name in the form, e.g. `epochs`.
        key: Its place in the configuration, e.g. `train.epochs`.
        schema: JSON schema of the value, with `title`, `description` and `default`.
    """

    name: str
    key: str
    schema: Mapping[str, Any]

    @property
    def default(self) -> Any:
        """The value that the pipeline was compiled with."""
        return self.schema["default"]


@dataclass(frozen=True)
class Topology:
    """Nodes in an order in which they can run, and what can be set per run.

    Attributes:
        name: Name of the pipeline.
        nodes: The nodes.
        parameters: The parameters of a run's form.
    """

    name: str
    nodes: tuple[TopologyNode, ...]
    parameters: tuple[RunParameter, ...]

    def edges(self) -> list[tuple[str, str]]:
        """Return pairs of node ids, upstream first."""
        return [(upstream, node.id) for node in self.nodes for upstream in node.upstream]


def to_json(topology: Topology) -> dict[str, Any]:
    """Turn a topology into what JSON can hold.

    Args:
        topology: The topology.

    Returns:
        Its content; `from_json` reads it.
    """
    return asdict(topology)


def from_json(content: Mapping[str, Any]) -> Topology:
    """Read what `to_json` made.

    Args:
        content: The content of the JSON.

    Returns:
        The topology.

    Raises:
        KeyError: If a part is missing.
        TypeError: If a part is not known.
    """
    return Topology(
        name=content["name"],
        nodes=tuple(_node(node) for node in content["nodes"]),
        parameters=tuple(RunParameter(**parameter) for parameter in content["parameters"]),
    )


def _node(content: Mapping[str, Any]) -> TopologyNode:
    # Before 0.2.0 nodes did not say whether they train.
    trains = content.get("trains", content["id"] in _TRAINED_IN_0_1)
    return TopologyNode(**{**content, "upstream": tuple(content["upstream"]), "trains": trains})
