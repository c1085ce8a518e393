"""JSON objects that keep repeated keys, as RapidJSON's do."""

from collections.abc import Iterable
from typing import Any


class JsonObject(dict[str, Any]):
    """An object whose keys may be repeated; as a dict, the first value of a key counts.

    Attributes:
        members: All keys and values in their order, if a key stands twice; else empty.
    """

    def __init__(self) -> None:
        """Make an empty object."""
        super().__init__()
        self.members: list[tuple[str, Any]] = []

    def add(self, key: str, value: Any) -> None:
        """Add a member behind the others.

        Args:
            key: Its key.
            value: Its value.
        """
        if key in self and not self.members:
            self.members = list(self.items())
        if self.members:
            self.members.append((key, value))
        self.setdefault(key, value)


def to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its members.

    Args:
        pairs: Keys and values in their order.

    Returns:
        A plain dict, or a `JsonObject` if a key stands twice.
    """
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated = JsonObject()
    for key, value in pairs:
        repeated.add(key, value)
    return repeated


def members_of(value: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """List the members of an object, repeated ones as well.

    Args:
        value: The object.

    Returns:
        Its keys and values in their order.
    """
    return (isinstance(value, JsonObject) and value.members) or value.items()
