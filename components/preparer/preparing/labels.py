"""The labels of a file by numbers: each different one is looked up once."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.rows import Reason

Numbers = npt.NDArray[np.int32]


class LabelNumbers(dict[bytes, int]):
    """Numbers labels as they come.

    Attributes:
        names: The labels as spelt in the data, by their numbers.
        classes: The classes that they become, and their numbers.
        rows: How many rows each label has.
    """

    def __init__(self, class_of: Callable[[str], tuple[str, Reason]]) -> None:
        """Start without labels.

        Args:
            class_of: Gives a label its class, and why its rows are dropped.
        """
        super().__init__()
        self.names: list[str] = []
        self.classes: dict[str, int] = {}
        self._rows: list[int] = []
        self._class_of = class_of
        self._facts: list[tuple[int, Reason, bool]] = []

    def __missing__(self, label: bytes) -> int:
        spelt = label.decode()
        name, reason = self._class_of(spelt)
        number = self.classes.setdefault(name, len(self.classes))
        self[label] = len(self)
        self.names.append(spelt)
        self._facts.append((number, reason, name != spelt))
        self._rows.append(0)
        return self[label]

    def look_up(self, labels: Iterable[bytes]) -> tuple[Numbers, Any, Any, Any]:
        """Look labels up, and count them.

        Args:
            labels: As spelt in the data, UTF-8.

        Returns:
            The number of each label, that of its class, why it is dropped (uint8), and whether the
            class is spelt otherwise; `[n]` each.
        """
        numbers = np.array([self[label] for label in labels], np.int32)
        for number, rows in enumerate(np.bincount(numbers).tolist()):
            self._rows[number] += rows
        classes, reasons, is_changed = zip(*self._facts, strict=True)
        return (
            numbers,
            np.array(classes, np.int32)[numbers],
            np.array(reasons, np.uint8)[numbers],
            np.array(is_changed)[numbers],
        )

    def rows(self) -> dict[str, int]:
        """Return how many rows each label has."""
        return dict(zip(self.names, self._rows, strict=True))
