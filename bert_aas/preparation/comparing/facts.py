"""What is known of many rows when they are compared: a few bytes for each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bert_aas.preparation.rows import Reason

Hashes: TypeAlias = npt.NDArray[np.uint64]
Reasons: TypeAlias = npt.NDArray[np.uint8]
Places: TypeAlias = npt.NDArray[np.intp]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, Knuth's multiplier


def mixed(values: Hashes) -> Hashes:
    """Spread numbers over all 64 bits.

    Args:
        values: The numbers.

    Returns:
        Others, the same for the same numbers.
    """
    values = values * _FACTOR
    return values ^ values >> np.uint64(32)


@dataclass(frozen=True)
class RowFacts:
    """Columns of equal length, one place for each row.

    Attributes:
        texts: Hashes of the prepared texts, uint64 `[n]`.
        orders: Hashes of the rows' keys, uint64 `[n]`.
        labels: Numbers of the classes, int32 `[n]`.
        splits: Numbers of the splits, int8 `[n]`.
        reasons: Why rows are dropped (`Reason`), 0 for those that are kept so far, uint8 `[n]`.
    """

    texts: Hashes
    orders: Hashes
    labels: npt.NDArray[np.int32]
    splits: npt.NDArray[np.int8]
    reasons: Reasons

    @classmethod
    def joined(cls, parts: Sequence["RowFacts"]) -> "RowFacts":
        """Put the rows of several parts one after the other.

        Args:
            parts: At least one.

        Returns:
            All rows.
        """
        names = ("texts", "orders", "labels", "splits", "reasons")
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in names
        }
        return cls(**columns)

    @property
    def kept(self) -> Places:
        """Return the places of the rows that are kept so far."""
        places: Places = np.flatnonzero(self.reasons == Reason.KEPT)
        return places

    def dropping(self, places: Places, reason: Reason) -> "RowFacts":
        """Drop rows.

        Args:
            places: Which.
            reason: Why.

        Returns:
            The same with these rows dropped.
        """
        reasons = self.reasons.copy()
        reasons[places] = reason
        return replace(self, reasons=reasons)
