"""The parameters of each node, computed from the configuration when a run or a node starts.

A compiled graph holds these values as TFX's exec properties. A run may change the configuration
(`--set`), and files may lie elsewhere on the machine that runs a node, so `exec_properties`
computes them again there. Both ways give the same values; a test compares them for every node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bert_aas.contracts.names import CODE_FINGERPRINT_KEY
from pipeline.graph.catalogue.entry import Told
from pipeline.graph.catalogue.order import entry_of
from pipeline.graph.code.node_code import node_fingerprint, tokenizer_code

if TYPE_CHECKING:
    from models.encoders.resolving import EncoderModule
    from pipeline.config.pipeline_config import PipelineConfig


def exec_properties(
    node_id: str,
    config: PipelineConfig,
    encoder: EncoderModule | None,
    code: str | None = None,
) -> dict[str, str]:
    """Make the exec properties of a node that depend on the configuration and on the code.

    Args:
        node_id: Id of the node.
        config: The configuration of the run.
        encoder: The resolved encoder, for nodes that need it.
        code: The fingerprint of the node's code, where it is known already.

    Returns:
        Exec property to value, as TFX's compiler spells it.
    """
    code = code or node_fingerprint(node_id)
    told = Told(config, encoder, code, tokenizer_code())
    return {CODE_FINGERPRINT_KEY: code, **entry_of(node_id).parameters(told)}
