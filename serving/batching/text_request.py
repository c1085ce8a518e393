"""One request with texts: its state until the last row is answered."""

from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from serving.servables.model import Array, Arrays

_FEW_ROWS = 64  # of a request that is tokenized whole; one with more is taken in slices
_FEW_BYTES = 256 * 1024


@dataclass(eq=False)
class TextRequest:
    """A request whose texts wait, are tokenized or run.

    Attributes:
        texts: The inputs of the tokenizer, strings `[n]`.
        rows: How many texts, n; at least one.
        deadline: When its caller gives up, in seconds of `time.monotonic`; None never does.
        arrived: When it was queued, in seconds of `time.monotonic`.
        answer: Takes the probabilities, float32 `[n, C]`, or the error.
        is_large: Whether it is taken in slices.
        begun: How many of its texts were taken to be tokenized.
        first_tokens: Tokens of those of its rows that go before other requests' later ones.
        missing: How many rows have no probabilities yet.
    """

    texts: Arrays
    rows: int
    deadline: float | None
    arrived: float
    answer: "Future[Array]" = field(default_factory=Future)
    is_large: bool = field(init=False)
    begun: int = 0
    first_tokens: int = 0
    missing: int = field(init=False)
    _probabilities: Array | None = None

    def __post_init__(self) -> None:
        self.missing = self.rows
        self.is_large = self.rows > _FEW_ROWS or (self.rows > 1 and self._bytes() > _FEW_BYTES)

    def fill(self, row: int, probabilities: Array) -> None:
        """Take the answer of one row; the last one completes the request.

        Args:
            row: The row, not filled before.
            probabilities: Its probabilities, float32 `[C]`.
        """
        if self._probabilities is None:
            self._probabilities = np.empty((self.rows, len(probabilities)), np.float32)
        self._probabilities[row] = probabilities
        self.missing -= 1
        if self.missing == 0 and not self.answer.done():
            self.answer.set_result(self._probabilities)

    def fail(self, error: Exception) -> None:
        """End the request with an error, unless it has ended."""
        with suppress(InvalidStateError):
            self.answer.set_exception(error)

    def _bytes(self) -> int:
        return sum(len(text) for texts in self.texts.values() for text in texts.tolist())


@dataclass(frozen=True, eq=False)
class Slice:
    """Texts `start` to `stop` (exclusive) of a request, which are tokenized together."""

    request: TextRequest
    start: int
    stop: int

    @property
    def rows(self) -> int:
        """Number of texts."""
        return self.stop - self.start

    @property
    def texts(self) -> Arrays:
        """The texts, as the request has them."""
        texts = self.request.texts
        if self.rows == self.request.rows:
            return texts
        return {name: array[self.start : self.stop] for name, array in texts.items()}
