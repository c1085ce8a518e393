"""A feature group with texts and tokens for tests."""

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from bert_aas.features.definitions import Definition
from bert_aas.features.store import FeatureStore
from bert_aas.features.tokens import KeptTokens, kept_tokens, made_with
from tests.bert_aas.features.records import write

TOKENIZER = "abc"
ADDRESS = "features://reviews?store="
_COLUMNS = {
    "row_key": "string",
    "event_time": "timestamp",
    "text": "string",
    "text_pair": "string",
    "input_ids": "list<int32>",
    "segment_ids": "list<int32>",
}


def store_in(
    folder: Path,
    tokens: Mapping[str | tuple[str, str] | None, list[int] | None],
    fingerprint: str = made_with(TOKENIZER, "x"),
) -> FeatureStore:
    """Write records: a text, or two, and its tokens; the second half of them is of type 1."""
    store = FeatureStore(folder / "groups")
    definition = Definition(
        record_id="row_key", event_time="event_time", columns=_COLUMNS, fingerprint=fingerprint
    )
    rows = []
    for number, (given, ids) in enumerate(tokens.items()):
        text, pair = given if isinstance(given, tuple) else (given, None)
        kinds = None if ids is None else [int(2 * at >= len(ids)) for at in range(len(ids))]
        rows.append(
            {
                "row_key": str(number),
                "event_time": datetime(2026, 1, 1, tzinfo=timezone.utc),
                **{"text": text, "text_pair": pair, "input_ids": ids, "segment_ids": kinds},
            }
        )
    write(store, "reviews", rows, definition=definition)
    return store


def kept(
    folder: Path, tokens: Mapping[str | tuple[str, str] | None, list[int] | None]
) -> KeptTokens:
    """Write records, and find their tokens."""
    return kept_tokens(f"{ADDRESS}{store_in(folder, tokens).root}", TOKENIZER)
