"""The tokens that a group keeps: which tokenizer made them, and in which files they are."""

import re
from dataclasses import dataclass
from pathlib import Path

from bert_aas.contracts.errors import InvalidInputError
from bert_aas.features.snapshots import addressed

TEXT, TEXT_PAIR = "text", "text_pair"
INPUT_IDS, SEGMENT_IDS = "input_ids", "segment_ids"

_MADE_WITH = re.compile(r"tokenizer=(\w+) \S+")


def made_with(tokenizer: str, others: str) -> str:
    """Say what the features of a run are made with: the fingerprint of their version.

    Args:
        tokenizer: Of all that decides on the tokens of a text.
        others: Of what the other columns depend on.

    Returns:
        A fingerprint that tells the tokenizer.
    """
    return f"tokenizer={tokenizer} others={others}"


@dataclass(frozen=True)
class KeptTokens:
    """Texts with their tokens.

    Attributes:
        called: What messages call the version of the group.
        files: Parquet files with `text`, `text_pair` for pairs, `input_ids` and `segment_ids`.
    """

    called: str
    files: tuple[Path, ...]


def kept_tokens(address: str, tokenizer: str) -> KeptTokens:
    """Find the tokens that a tokenizer has made of the texts of a group.

    All batches of the version count, whatever the time that the address gives: the tokens of a text
    do not change.

    Args:
        address: As for `bert_aas.features.snapshots.snapshot_file`.
        tokenizer: Fingerprint of the tokenizer that is wanted.

    Returns:
        Where they are.

    Raises:
        InvalidInputError: If there is no such group or version, or it has no tokens, or those of
            another tokenizer.
    """
    store, group, version = addressed(address)
    called = f"the feature group {group.name} (version {version.number})"
    kept = _MADE_WITH.fullmatch(version.definition.fingerprint)
    if kept is None or not {TEXT, INPUT_IDS, SEGMENT_IDS} <= set(version.definition.columns):
        raise InvalidInputError(f"{called} has no tokens of a run of this release")
    if kept[1] != tokenizer:
        raise InvalidInputError(
            f"{called} has the tokens of another encoder, or of other settings in `transform` or "
            "`prepare`"
        )
    return KeptTokens(called, tuple(store.batches(group.name, version)))
