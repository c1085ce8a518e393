"""The log of decisions about a version: each is an entry of its own that nothing changes.

Two processes that decide at once, with no lock between them, write two entries of the same place.
Both stay, and the later one of them is the stricter: a rejection is never undone by an approval
whose author did not know of it.
"""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone

from pydantic import AliasChoices, Field

from bert_aas.contracts.params import FrozenParams
from bert_aas.registry.statuses import STATUSES, Status

PREFIX = "decision."
_STRICTNESS = {status: place for place, status in enumerate(STATUSES)}


def now() -> str:
    """Return the time as the registry writes it: UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


class Decision(FrozenParams):
    """One decision.

    Attributes:
        id: Tells it from all others.
        place: How many decisions its author knew of.
        at: When, UTC, ISO 8601.
        by: Who.
        before: The status before; `None` for the one that a version is registered with.
        after: The status after.
        reason: Why.
        evidence: Name of a file to its SHA-256: what was known of the version then.
    """

    id: str = Field(default_factory=lambda: secrets.token_hex(6))
    place: int = Field(ge=0)
    at: str = Field(default_factory=now)
    by: str
    before: Status | None = Field(
        validation_alias=AliasChoices("from", "before"), serialization_alias="from"
    )
    after: Status = Field(validation_alias=AliasChoices("to", "after"), serialization_alias="to")
    reason: str
    evidence: Mapping[str, str] = {}

    @property
    def key(self) -> str:
        """The name of the entry."""
        return f"{PREFIX}{self.place:04d}.{self.id}"

    def entry(self) -> str:
        """The content of the entry, JSON."""
        return self.model_dump_json(by_alias=True)


def read_decisions(entries: Mapping[str, str]) -> tuple[Decision, ...]:
    """Read the decisions among the entries of a version.

    Args:
        entries: Name to content.

    Returns:
        The decisions in their order.
    """
    found = (
        Decision.model_validate_json(content)
        for name, content in entries.items()
        if name.startswith(PREFIX)
    )
    return in_order(found)


def in_order(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Order decisions: by place; at the same place the stricter one comes later.

    Args:
        decisions: Decisions about one version.

    Returns:
        Them in their order; the last one counts.
    """

    def rank(one: Decision) -> tuple[int, int, str, str]:
        return one.place, _STRICTNESS[one.after], one.at, one.id

    return tuple(sorted(decisions, key=rank))
