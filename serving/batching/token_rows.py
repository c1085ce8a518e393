"""Tokenized texts: their lengths, and batches that are padded to their own longest row only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from serving.servables.model import Array, Arrays
from serving.servables.text_classifier import TOKEN_INPUTS


@dataclass(frozen=True, eq=False)
class TokenRows:
    """The texts of a request as tokens.

    Attributes:
        tokens: The three inputs of the encoder, int32 `[n, s]`; the mask is 1 for a token.
        lengths: Columns that each row needs, int64 `[n]`, at least 1.
    """

    tokens: Arrays
    lengths: Array

    @classmethod
    def of(cls, tokens: Arrays) -> "TokenRows":
        """Measure tokenized texts.

        Args:
            tokens: The three inputs of the encoder, int32 `[n, s]`.

        Returns:
            The rows; one without any token keeps a column, for the encoder to answer from.
        """
        mask = tokens["input_mask"]
        ends = np.arange(1, mask.shape[1] + 1) * (mask != 0)
        return cls(tokens, ends.max(axis=1, initial=1))

    def __len__(self) -> int:
        return len(self.lengths)

    def cut(self, start: int, stop: int) -> "TokenRows":
        """Return the rows from `start` to before `stop`, without a copy."""
        tokens = {name: array[start:stop] for name, array in self.tokens.items()}
        return TokenRows(tokens, self.lengths[start:stop])


def pad_batch(rows: Sequence[tuple[TokenRows, int]]) -> dict[str, Array]:
    """Join rows of any requests.

    Args:
        rows: Each row as its request's rows and its place in them; at least one.

    Returns:
        The three inputs of the encoder, int32 `[n, longest]`, padded with 0.
    """
    lengths = [int(source.lengths[row]) for source, row in rows]
    batch = {name: np.zeros((len(rows), max(lengths)), np.int32) for name in TOKEN_INPUTS}
    for name, padded in batch.items():
        for place, ((source, row), length) in enumerate(zip(rows, lengths, strict=True)):
            padded[place, :length] = source.tokens[name][row, :length]
    return batch
