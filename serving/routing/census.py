"""How many keys each arm of a plan got: what a check of the shares counts."""

from collections import Counter

MOST = 100_000
"""Keys that are counted; beyond that the check has seen enough."""


class KeyCensus:
    """Counts each key once, up to a number; on the path of requests."""

    __slots__ = ("_arms", "_most")

    def __init__(self, most: int = MOST) -> None:
        """Begin with nothing.

        Args:
            most: Keys that are counted.
        """
        self._most = most
        self._arms: dict[int, str] = {}

    def note(self, key: bytes, arm: str) -> None:
        """Count a key, unless it was seen or there are enough.

        Args:
            key: The key.
            arm: Name of its arm.
        """
        if len(self._arms) < self._most:
            self._arms.setdefault(hash(key), arm)

    def counts(self) -> dict[str, int]:
        """Return the number of keys by arm."""
        return dict(Counter(list(self._arms.values())))
