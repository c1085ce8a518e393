"""Chooses which waiting rows run together: those of nearest length, within a budget of tokens."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class BatchLimits:
    """What a batch of rows may cost.

    Attributes:
        max_batch_tokens: Most tokens of a batch, padding counted: rows times the longest.
        max_padding: Largest share of these tokens that may be padding, in `[0, 1)`.
        row_padding: Most padding per row that joins the first one, on average, tokens. More than
            a run of its own costs beside its tokens would make batching slower than none.

    Source:
        The default is half of what was measured: MiniLM in bfloat16 on a core of Zen 5 takes
        1.15 ms and 0.063 ms per token, so a run by itself costs as much as 18 tokens.
    """

    max_batch_tokens: int
    max_padding: float
    row_padding: int = 9

    def allow(self, rows: int, longest: int, tokens: int) -> bool:
        """Return whether rows that have `tokens` without padding may run together."""
        padded = rows * longest
        padding = min(self.max_padding * padded, self.row_padding * (rows - 1))
        return padded <= self.max_batch_tokens and padded - tokens <= padding


def plan_batch(waiting: Mapping[int, int], oldest: int, limits: BatchLimits) -> dict[int, int]:
    """Choose the rows of the next batch by their lengths.

    The oldest row always runs, so none waits for ever; a row over the budget runs alone.

    Args:
        waiting: Number of waiting rows by length in tokens, at least 1 each.
        oldest: Length of the row that has waited longest; one of `waiting`.
        limits: The limits that the batch keeps if it has more than one row.

    Returns:
        Number of rows to take by length, at least one of length `oldest`.
    """
    chosen = {oldest: 1}
    rows, longest, tokens = 1, oldest, oldest
    for length in sorted(waiting, key=lambda other: (abs(other - oldest), other)):
        if (rows + 1) * longest > limits.max_batch_tokens:
            break
        free = waiting[length] - chosen.get(length, 0)
        reach = max(longest, length)
        added = 0
        while added < free and limits.allow(rows + 1, reach, tokens + length):
            added += 1
            rows, longest, tokens = rows + 1, reach, tokens + length
        if added:
            chosen[length] = chosen.get(length, 0) + added
    return chosen
