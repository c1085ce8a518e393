"""Read the configuration of a run from the stored parameters of its nodes.

The counterpart of `pipeline.graph.node_parameters`: exec properties become dotted names again.
What no node was told (`beam`, `metadata`, an orchestrator's section) is in no run's metadata.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from pipeline.graph.catalogue.order import NODES, ids
from pipeline.graph.catalogue.reading import custom_config, custom_params
from pipeline.metadata.records import NodeRecord

DATA_CONTENT = "content of the data"
ENCODER_CONTENT = "content of the encoder"
TEACHER_CONTENT = "content of the teacher"

_CODE_DIGITS = 16


def stored_parameters(nodes: Mapping[str, NodeRecord]) -> dict[str, Any]:
    """Read the parameters of a run.

    Args:
        nodes: Node id to record.

    Returns:
        Dotted name in the configuration to value, in the order of the nodes; values of nodes that
        were not started are missing.
    """
    found: dict[str, Any] = {}
    for entry in NODES:
        if entry.id in nodes:
            for section, values in entry.stored(nodes[entry.id].parameters):
                found |= dict(_dotted(section, values))
    return found


def stored_fingerprints(nodes: Mapping[str, NodeRecord]) -> dict[str, str]:
    """Read which content and which code a run worked with.

    Args:
        nodes: Node id to record.

    Returns:
        Name to fingerprint; what the metadata does not hold is missing.
    """
    transform = custom_config(_told(nodes, "Transform"))
    trainer = custom_params(_told(nodes, "Trainer"))
    earlier_transform = str(transform.get("fingerprint") or "").rpartition("-")
    found: dict[str, Any] = dict(content_fingerprints(nodes))
    # Before every node was told the fingerprint of its code, some were told it among other things.
    earlier = {
        "Transform": earlier_transform[0],
        "Tuner": custom_params(_told(nodes, "Tuner")).get("code_fingerprint"),
        "Trainer": trainer.get("code_fingerprint"),
    }
    for name in ids(NODES):
        code = _told(nodes, name).get(CODE_FINGERPRINT_KEY)
        found[f"code of {name}"] = code or earlier.get(name)
    return {name: str(value)[:_CODE_DIGITS] for name, value in found.items() if value}


def content_fingerprints(nodes: Mapping[str, NodeRecord]) -> dict[str, str]:
    """Read which content a run worked with.

    Args:
        nodes: Node id to record.

    Returns:
        `DATA_CONTENT`, `ENCODER_CONTENT` and `TEACHER_CONTENT` to fingerprint, in full; what the
        metadata does not hold is missing.
    """
    data = _told(nodes, "ExampleGen")
    examples = nodes["ExampleGen"].output("examples") if "ExampleGen" in nodes else None
    made = examples.properties if examples else {}
    transform = custom_config(_told(nodes, "Transform"))
    trainer = custom_params(_told(nodes, "Trainer"))
    earlier = str(transform.get("fingerprint") or "").rpartition("-")[2]
    found = {
        DATA_CONTENT: data.get("content_fingerprint") or made.get("content_fingerprint"),
        ENCODER_CONTENT: trainer.get("encoder_fingerprint")
        or transform.get("encoder_fingerprint")
        or earlier,
        TEACHER_CONTENT: trainer.get("teacher_fingerprint"),
    }
    return {name: str(value) for name, value in found.items() if value}


def _told(nodes: Mapping[str, NodeRecord], node_id: str) -> Mapping[str, Any]:
    return nodes[node_id].parameters if node_id in nodes else {}


def _dotted(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _dotted(f"{prefix}.{name}", value)
        else:
            yield f"{prefix}.{name}", value
