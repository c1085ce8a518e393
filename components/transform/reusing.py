"""Which tokens of a feature group a run takes over, and what is said about it."""

from dataclasses import dataclass
from typing import Any

from tfx.dsl.io import fileio
from tfx.utils import json_utils

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features.tokens import kept_tokens
from components.transform.kept_tokens import write_index
from components.transform.params import WANTED_KEY, WantedTokens
from components.transform.transforming import TokenSource

_CUSTOM_CONFIG = "custom_config"


@dataclass(frozen=True)
class ReusedTokens:
    """Where the tokens of a run come from.

    Attributes:
        source: Where they are, or None if all texts must be tokenized.
        told: What the feature group is called; without a source, why there is none.
    """

    source: TokenSource | None
    told: str

    def said(self, rows: int, tokenized: int) -> str:
        """Say where the tokens came from.

        Args:
            rows: How many rows were transformed.
            tokenized: How many of them were tokenized.

        Returns:
            A sentence.
        """
        if self.source is None:
            return f"all texts were tokenized: {self.told}"
        others = {0: "no text was", 1: "1 other text was"}.get(
            tokenized, f"{tokenized:,} other texts were"
        )
        return (
            f"the tokens of {rows - tokenized:,} of {rows:,} rows were taken from {self.told}; "
            f"{others} tokenized"
        )


def tokens_for(exec_properties: dict[str, Any], folder: str) -> ReusedTokens | None:
    """Take over the tokens that the node was told to look for.

    Args:
        exec_properties: Those of Transform; `custom_config` may have a `WantedTokens`.
        folder: A folder to make, for what workers look up.

    Returns:
        What is taken over; None if the rows come from no feature group.
    """
    config = json_utils.loads(exec_properties.get(_CUSTOM_CONFIG) or "{}") or {}
    if WANTED_KEY not in config:
        return None
    wanted = WantedTokens.model_validate_json(config[WANTED_KEY])
    try:
        kept = kept_tokens(wanted.address, wanted.tokenizer)
    except InvalidInputError as exc:
        return ReusedTokens(None, str(exc))
    fileio.makedirs(folder)
    write_index(kept, wanted.text_pair is not None, folder)
    return ReusedTokens(TokenSource(folder, wanted.columns), kept.called)
