"""The rows that wait for a batch, by length. It knows no threads: its user holds a lock.

The rows of a request up to a batch's worth of tokens are its first ones. First rows of small
requests go before those of large ones, and these before later rows. So a small request that comes
new waits for one batch, however much others have sent and however many large ones come with it.
Every few batches those behind go before, so a large request goes on, however many others come. The
kinds do not share a batch: what fills it up would make the first ones wait, and save little.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from serving.batching.plan import BatchLimits, plan_batch
from serving.batching.text_request import Slice, TextRequest
from serving.batching.token_rows import TokenRows

_AHEAD_IN_A_ROW = 3  # batches of those in front while others wait behind them


@dataclass(frozen=True, eq=False)
class WaitingRow:
    """One row of a request.

    Attributes:
        request: The request.
        number: Which of its rows.
        rows: The tokens of its slice.
        row: Its place in them.
        length: Its tokens.
        place: Numbers all rows in the order in which they came.
    """

    request: TextRequest
    number: int
    rows: TokenRows
    row: int
    length: int
    place: int


class _Buckets:
    """Rows by length; every bucket has its oldest row first."""

    def __init__(self) -> None:
        self._rows: dict[int, deque[WaitingRow]] = {}
        self.size = 0

    def add(self, row: WaitingRow) -> None:
        self._rows.setdefault(row.length, deque()).append(row)
        self.size += 1

    def oldest(self) -> int:
        """Return the length of the oldest row; there must be one."""
        return min(self._rows, key=lambda length: self._rows[length][0].place)

    def count(self) -> dict[int, int]:
        """Return the number of rows by length."""
        return {length: len(bucket) for length, bucket in self._rows.items()}

    def take(self, chosen: Mapping[int, int]) -> list[WaitingRow]:
        """Remove some rows of some lengths, the oldest of each."""
        taken = []
        for length, count in chosen.items():
            bucket = self._rows[length]
            taken += [bucket.popleft() for _ in range(count)]
            if not bucket:
                del self._rows[length]
        self.size -= len(taken)
        return taken

    def discard(self, request: TextRequest) -> int:
        """Remove the rows of a request; return how many there were."""
        before = self.size
        for length, bucket in list(self._rows.items()):
            kept = deque(row for row in bucket if row.request is not request)
            self.size -= len(bucket) - len(kept)
            if kept:
                self._rows[length] = kept
            else:
                del self._rows[length]
        return before - self.size


class _Turns:
    """Lets those in front go before those behind, but not for ever."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def front_goes(self, front: int, behind: int) -> bool:
        """Decide who has the next batch, and remember it.

        Args:
            front: How many rows wait in front.
            behind: How many wait behind them.

        Returns:
            Whether the next batch is of those in front.
        """
        if not behind:
            self._in_a_row = 0
            return True
        if not front or self._in_a_row == _AHEAD_IN_A_ROW:
            self._in_a_row = 0
            return False
        self._in_a_row += 1
        return True


class TokenQueue:
    """Waiting rows: first ones of small and of large requests, and later ones.

    Attributes:
        large_rows: How many of them belong to large requests.
    """

    def __init__(self, limits: BatchLimits) -> None:
        """Begin empty.

        Args:
            limits: What a batch may cost.
        """
        self.large_rows = 0
        self._limits = limits
        self._first = _Buckets()
        self._first_of_large = _Buckets()
        self._later = _Buckets()
        self._places = 0
        self._small_turns = _Turns()
        self._large_turns = _Turns()

    def __len__(self) -> int:
        return self._first.size + self._first_of_large.size + self._later.size

    def add(self, part: Slice, rows: TokenRows) -> None:
        """Queue rows of a request, the longest first.

        They are equally old, so the order is free; this one cuts them into batches of neighbouring
        lengths.

        Args:
            part: Which rows of which request; none of them was queued before.
            rows: Their tokens.
        """
        request, budget = part.request, self._limits.max_batch_tokens
        first = self._first_of_large if request.is_large else self._first
        for row in np.argsort(-rows.lengths, kind="stable").tolist():
            length = int(rows.lengths[row])
            waiting = WaitingRow(request, part.start + row, rows, row, length, self._places)
            is_first = request.first_tokens == 0 or request.first_tokens + length <= budget
            if is_first:
                request.first_tokens += length
            (first if is_first else self._later).add(waiting)
            self._places += 1
        if request.is_large:
            self.large_rows += part.rows

    def take(self) -> list[WaitingRow]:
        """Remove the rows of the next batch.

        Returns:
            The oldest of the rows whose turn it is, and rows of the nearest lengths, older ones
            first within a length; empty if none waits.
        """
        if not len(self):
            return []
        rows = self._next()
        taken = rows.take(plan_batch(rows.count(), rows.oldest(), self._limits))
        self.large_rows -= sum(row.request.is_large for row in taken)
        return taken

    def discard(self, request: TextRequest) -> None:
        """Remove the rows of a request that are still queued."""
        kinds = (self._first, self._first_of_large, self._later)
        gone = sum(kind.discard(request) for kind in kinds)
        if request.is_large:
            self.large_rows -= gone

    def _next(self) -> _Buckets:
        """Return the rows whose turn it is."""
        behind = self._first_of_large.size + self._later.size
        if self._small_turns.front_goes(self._first.size, behind):
            return self._first
        if self._large_turns.front_goes(self._first_of_large.size, self._later.size):
            return self._first_of_large
        return self._later
