"""Texts that wait to be tokenized; all that wait at the same time are tokenized in one call.

A call of the tokenizer costs as much as some dozen short texts by themselves.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from serving.batching.deadlines import latest_deadline
from serving.batching.token_queue import TextRequest
from serving.batching.token_rows import TokenRows
from serving.model import Array, Arrays

Tokenize = Callable[[Arrays, float | None], Arrays]

_MAX_ROWS = 256  # of a call; it takes less than a batch of them


@dataclass(eq=False)
class WaitingTexts:
    """The texts of a request.

    Attributes:
        texts: The inputs of the tokenizer, strings `[n]`.
        rows: How many texts, n.
        deadline: When the caller gives up, in seconds of `time.monotonic`; None never does.
        arrived: When they were queued, in seconds of `time.monotonic`.
        answer: Takes the probabilities, float32 `[n, C]`, or the error.
        request: What became of them when they were tokenized.
    """

    texts: Arrays
    rows: int
    deadline: float | None
    arrived: float
    answer: "Future[Array]" = field(default_factory=Future)
    request: TextRequest | None = None


class TextQueue:
    """Waiting texts, the oldest first. Its user holds a lock, except for `tokenize`."""

    def __init__(self, tokenize: Tokenize) -> None:
        """Prepare.

        Args:
            tokenize: Gives the three inputs of the encoder, int32 `[n, s]`, before a deadline.
        """
        self._tokenize = tokenize
        self._waiting: deque[WaitingTexts] = deque()
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    def add(self, waiting: WaitingTexts) -> None:
        """Queue the texts of a request."""
        self._waiting.append(waiting)
        self._rows += waiting.rows

    def discard(self, waiting: WaitingTexts) -> None:
        """Remove the texts of a request if they still wait."""
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            self._rows -= waiting.rows

    def take(self) -> list[WaitingTexts]:
        """Remove the texts of the next call of the tokenizer; none if none wait."""
        taken: list[WaitingTexts] = []
        rows = 0
        while self._waiting and (not taken or rows + self._waiting[0].rows <= _MAX_ROWS):
            taken.append(self._waiting.popleft())
            rows += taken[-1].rows
        self._rows -= rows
        return taken

    def tokenize(self, taken: Sequence[WaitingTexts]) -> list[TextRequest]:
        """Tokenize the texts of requests. An error ends the requests that it comes from.

        Args:
            taken: The texts, of one request at least.

        Returns:
            The requests whose texts could be tokenized.
        """
        try:
            return list(self._tokenize_together(taken))
        except Exception as exc:  # the thread's edge: the callers raise it
            if len(taken) == 1:
                with suppress(InvalidStateError):  # the caller has just given up
                    taken[0].answer.set_exception(exc)
                return []
        return [request for each in taken for request in self.tokenize([each])]

    def _tokenize_together(self, taken: Sequence[WaitingTexts]) -> Iterator[TextRequest]:
        texts = taken[0].texts
        if len(taken) > 1:
            texts = {name: np.concatenate([each.texts[name] for each in taken]) for name in texts}
        deadline = latest_deadline(each.deadline for each in taken)
        rows = TokenRows.of(self._tokenize(texts, deadline))
        start = 0
        for each in taken:
            part = rows.cut(start, start + each.rows)
            each.request = TextRequest(part, each.deadline, each.arrived, each.answer)
            yield each.request
            start += each.rows
