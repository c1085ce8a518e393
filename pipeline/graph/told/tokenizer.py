"""What decides on the tokens of a text: the same fingerprint, the same tokens."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipeline.graph.told.training_parameters import text_rules

if TYPE_CHECKING:
    from models.encoders.resolving import EncoderModule
    from pipeline.config.pipeline_config import PipelineConfig


def tokenizer_fingerprint(config: PipelineConfig, encoder: EncoderModule | None, code: str) -> str:
    """Hash the encoder, what Transform is told, how texts are cleaned, and the code that does it.

    Args:
        config: The configuration.
        encoder: The resolved encoder; `None` where the node resolves it when it runs.
        code: The fingerprint of the code that cleans and tokenizes.

    Returns:
        A SHA-256 in hexadecimal digits; empty without an encoder.
    """
    if encoder is None:
        return ""
    rules = text_rules(config)
    content = (
        encoder.fingerprint,
        config.transform.model_dump_json(),
        rules.model_dump_json() if rules else "",
        "pairs" if config.data.text_pair_column else "",
        code,
    )
    return hashlib.sha256(" ".join(content).encode()).hexdigest()
