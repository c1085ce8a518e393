"""Merges of pairs, by the rules of Hugging Face's byte-pair encoding."""

import sys
from collections.abc import Sequence
from itertools import pairwise

Merge = tuple[str, str]

_NO_RANK = sys.maxsize


def usable_merges(merges: Sequence[Merge]) -> list[Merge]:
    """Keep the merges that can happen in a text, one for each piece.

    A piece comes about in one way: what happens inside it does not depend on what is around it, for
    no merge is ever undone. So a rule that its own piece, taken alone, does not end with never
    happens. Without these rules, "merge what gives a piece" means the same as the rules do; that
    is how SentencePiece merges.

    Args:
        merges: The rules, most important first.

    Returns:
        Those that can happen, in the same order.
    """
    ranks: dict[Merge, int] = {}
    for rank, merge in enumerate(merges):
        ranks[merge] = rank  # of equal rules the last one counts
    return [
        merge
        for rank, merge in enumerate(merges)
        if ranks[merge] == rank and _last_merge("".join(merge), ranks) == merge
    ]


def _last_merge(text: str, ranks: dict[Merge, int]) -> Merge | None:
    """Merge a text; give the merge that made it one piece, if it became one."""
    parts, last = list(text), None
    while len(parts) > 1:
        rank, place = min(
            (ranks.get(pair, _NO_RANK), place) for place, pair in enumerate(pairwise(parts))
        )
        if rank == _NO_RANK:
            return None
        last = (parts[place], parts[place + 1])
        parts[place : place + 2] = ["".join(last)]
    return last
