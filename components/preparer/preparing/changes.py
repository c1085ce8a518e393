"""What rules have changed: how many rows, and some of them as examples."""

from collections import Counter, defaultdict
from typing import Any

from bert_aas.preparation.params import PersonalData
from bert_aas.preparation.rows import LABEL_MAP, PreparedRow
from bert_aas.preparation.summary import EXCERPT

_PERSONAL = frozenset(PersonalData.__args__)  # type: ignore[attr-defined]


class Changes:
    """Counts changed rows.

    Attributes:
        rows: How many each rule changed.
        examples: By rule some of them, each with the hash of its key first.
    """

    def __init__(self, examples: int) -> None:
        """Start without changes.

        Args:
            examples: How many to keep for each rule.
        """
        self.rows: Counter[str] = Counter()
        self.examples: defaultdict[str, list[list[Any]]] = defaultdict(list)
        self._limit = examples

    def note(self, row: PreparedRow, name: tuple[int, str], before: tuple[str, str]) -> None:
        """Count a change by its rules, and keep it as an example if its key's hash is low.

        Args:
            row: The row as it is now.
            name: The hash of its key, and the key.
            before: Its texts and its label as they were.
        """
        after = (" ".join(row.texts), row.label)
        is_personal = not _PERSONAL.isdisjoint(row.changed)
        for rule in row.changed:
            self.rows[rule] += 1
            place = int(rule == LABEL_MAP)
            shown = None if is_personal and not place else before[place][:EXCERPT]
            keep_lowest(self.examples[rule], [*name, shown, after[place][:EXCERPT]], self._limit)


def keep_lowest(examples: list[list[Any]], new: list[Any], limit: int) -> None:
    """Take an example in if it is among the first: the same ones whatever the order of rows.

    Args:
        examples: Some, each with a hash first, ascending; changed in place.
        new: Another one.
        limit: How many to keep.
    """
    if len(examples) < limit or (limit and new[0] < examples[-1][0]):
        examples.append(new)
        examples.sort(key=lambda example: int(example[0]))
        del examples[limit:]
