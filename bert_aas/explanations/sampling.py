"""Rows to explain: a few of each class, the same whatever order they come in."""

import hashlib
import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class ClassSample:
    """Chooses rows by their hash, as many of each class as there is room for.

    Attributes:
        rows: How many are chosen at most.
    """

    rows: int
    _kept: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)

    def add(self, label: str, content: bytes, row: bytes) -> None:
        """Look at a row.

        Args:
            label: Its class.
            content: What it says, whose hash decides.
            row: How it is stored, which is handed out again.
        """
        self._seen[label] = self._seen.get(label, 0) + 1
        number = int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")
        kept = self._kept.setdefault(label, [])
        if len(kept) < self.rows:
            heapq.heappush(kept, (-number, row))
        else:
            heapq.heappushpop(kept, (-number, row))

    @property
    def seen(self) -> Mapping[str, int]:
        """Rows of each class, chosen or not."""
        return dict(sorted(self._seen.items()))

    def chosen(self) -> list[bytes]:
        """Choose.

        Returns:
            The rows of one class after those of another one. What a rare class leaves free is for
            the others.
        """
        shares = shared_out(self.rows, {label: len(kept) for label, kept in self._kept.items()})
        return [
            row
            for label in sorted(self._kept)
            for _, row in sorted(self._kept[label], reverse=True)[: shares[label]]
        ]


def shared_out(places: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """Give each the same number of places, but none more than it wants.

    Args:
        places: How many there are.
        wanted: Name to how many it could use.

    Returns:
        Name to how many it gets. Names in alphabetical order get what cannot be divided.
    """
    given = dict.fromkeys(sorted(wanted), 0)
    left = min(places, sum(wanted.values()))
    while left:
        open_ = [name for name in given if given[name] < wanted[name]]
        share = max(1, left // len(open_))
        for name in open_:
            more = min(wanted[name] - given[name], share, left)
            given[name] += more
            left -= more
    return given
