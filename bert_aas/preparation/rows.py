"""One row by the rules that need no other row."""

import hashlib
from collections.abc import Iterable
from enum import IntEnum
from functools import partial
from typing import NamedTuple

from bert_aas.preparation.labels import LabelMap
from bert_aas.preparation.params import PreparationRules
from bert_aas.preparation.texts.cleaning import CleanedText, TextCleaner

_hash = partial(hashlib.blake2b, digest_size=8)

LABEL_MAP = "label_map"
"""The name of the rule that changes labels; those that change texts are the steps' names."""


class Reason(IntEnum):
    """Why a row is dropped; the names in files are these in lower case."""

    KEPT = 0
    NO_LABEL = 1
    DROPPED_LABEL = 2
    EMPTY = 3
    TOO_SHORT = 4
    UNSETTLED = 5
    """The text would change each time it is cleaned."""
    CONFLICT = 6
    """An equal text has another label."""
    DUPLICATE = 7
    IN_ANOTHER_SPLIT = 8
    """An equal text is in another split; with `duplicates: keep`."""
    NEAR_DUPLICATE = 9
    LABEL_ERROR = 10
    DOWNSAMPLED = 11

    @property
    def called(self) -> str:
        """Return the name in files."""
        return self.name.lower()


class PreparedRow(NamedTuple):
    """A row after the rules for single rows.

    Attributes:
        texts: The text and, of a pair, the second one.
        label: The class; empty if the row has none.
        changed: Names of the rules that changed the row.
        reason: Why it is dropped, or `KEPT`.
    """

    texts: tuple[str, ...]
    label: str
    changed: tuple[str, ...] = ()
    reason: Reason = Reason.KEPT


class RowPreparer:
    """Cleans texts, maps labels, and tells which rows no other row can save.

    Example:
        >>> RowPreparer(PreparationRules(label_map={"good": ["5"]}))(["so  soft"], "5.0").label
        'good'
    """

    def __init__(self, rules: PreparationRules) -> None:
        """Make the rules ready.

        Args:
            rules: The rules.
        """
        self._clean = TextCleaner(rules)
        self._classes = LabelMap(rules.label_map, rules.drop_labels)
        self._labels: dict[str, tuple[str, Reason]] = {}
        self._min_characters = rules.min_characters

    def __call__(self, texts: list[str], label: str) -> PreparedRow:
        """Prepare a row.

        Args:
            texts: The text and, of a pair, the second one.
            label: As spelt in the data; empty if there is none.

        Returns:
            What became of it.
        """
        cleaned = [self._clean(text) for text in texts]
        name, reason = self.class_of(label)
        prepared = tuple([text.text for text in cleaned])
        if reason is Reason.KEPT:
            reason = self._reason(cleaned)
        if name == label and not any(text.changed for text in cleaned):
            return PreparedRow(prepared, name, (), reason)
        changed = dict.fromkeys(rule for text in cleaned for rule in text.changed)
        if name != label:
            changed[LABEL_MAP] = None
        return PreparedRow(prepared, name, tuple(changed), reason)

    def class_of(self, label: str) -> tuple[str, Reason]:
        """Give the class of a label; each different label is mapped once.

        Args:
            label: As spelt in the data; empty if there is none.

        Returns:
            The class, and why its rows are dropped.
        """
        if label not in self._labels:
            reason = Reason.DROPPED_LABEL if self._classes.drops(label) else Reason.KEPT
            self._labels[label] = self._classes(label), reason if label else Reason.NO_LABEL
        return self._labels[label]

    def _reason(self, cleaned: list[CleanedText]) -> Reason:
        characters = sum([len(text.text) for text in cleaned])
        if characters < self._min_characters:
            return Reason.TOO_SHORT if characters else Reason.EMPTY
        return Reason.KEPT if all(text.settled for text in cleaned) else Reason.UNSETTLED


def text_hash(texts: tuple[str, ...]) -> bytes:
    """Hash the texts of a row: rows with equal hashes have equal texts.

    Args:
        texts: The text and, of a pair, the second one.

    Returns:
        8 bytes.
    """
    return _hash("\0".join(texts).encode()).digest()


def text_hashes(texts: Iterable[bytes]) -> bytes:
    """Hash the texts of rows as `text_hash` does.

    Args:
        texts: Of each row the text, UTF-8; of a pair both, with a NUL between them.

    Returns:
        8 bytes for each.
    """
    return b"".join([_hash(text).digest() for text in texts])


def order_hash(key: str, seed: int) -> bytes:
    """Hash the name of a row: which of several rows stays depends on it, not on their order.

    Args:
        key: The row's key.
        seed: Another one makes another choice.

    Returns:
        8 bytes.
    """
    return order_hashes([key.encode()], seed)


def order_hashes(keys: Iterable[bytes], seed: int) -> bytes:
    """Hash the names of rows as `order_hash` does.

    Args:
        keys: The rows' keys, UTF-8.
        seed: Another one makes another choice.

    Returns:
        8 bytes for each.
    """
    start = f"{seed}\0".encode()
    return b"".join([_hash(start + key).digest() for key in keys])
