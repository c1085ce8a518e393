"""Texts that wait to be tokenized; all that wait at the same time are tokenized in one call.

A call of the tokenizer costs as much as some dozen short texts by themselves. Large requests are
taken in slices, in turn, and only while few of their rows wait to run: so they hold up nobody, and
their tokens take little memory.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from serving.batching.deadlines import latest_deadline
from serving.batching.text_request import Slice, TextRequest
from serving.batching.token_rows import TokenRows
from serving.servables.model import Array, Arrays

Tokenize = Callable[[Arrays, float | None], Arrays]

_MAX_ROWS = 256  # of a call; it takes less than a batch of them
_SLICE_ROWS = 64  # of a large request in its turn
_FIRST_ROWS = 16  # of a large request that is new: about a batch
_SLICE_BYTES = 64 * 1024
_ENOUGH_ROWS = 256  # of large requests that wait to run; among these, lengths meet their like


class TextQueue:
    """Waiting texts, the oldest first. Its user holds a lock, except for `tokenize`."""

    def __init__(self, tokenize: Tokenize) -> None:
        """Prepare.

        Args:
            tokenize: Gives the three inputs of the encoder, int32 `[n, s]`, before a deadline.
        """
        self._tokenize = tokenize
        self._whole: deque[TextRequest] = deque()
        self._whole_rows = 0
        self._new: deque[TextRequest] = deque()
        self._turns: deque[TextRequest] = deque()

    def __len__(self) -> int:
        """Count the texts that wait, less those of large requests."""
        return self._whole_rows

    def has_new(self) -> bool:
        """Tell whether requests wait of which nothing was taken yet."""
        return bool(self._whole or self._new)

    def is_empty(self) -> bool:
        """Tell whether no text waits, of large requests neither."""
        return not (self._whole or self._new or self._turns)

    def add(self, request: TextRequest) -> None:
        """Queue the texts of a request."""
        if request.is_large:
            self._new.append(request)
            return
        self._whole.append(request)
        self._whole_rows += request.rows

    def discard(self, request: TextRequest) -> None:
        """Remove what still waits of a request."""
        if request in self._whole:
            self._whole.remove(request)
            self._whole_rows -= request.rows
        for large in (self._new, self._turns):
            if request in large:
                large.remove(request)

    def take(self, large_rows: int) -> list[Slice]:
        """Remove the texts of the next call of the tokenizer.

        Args:
            large_rows: Rows of large requests that are tokenized and wait to run.

        Returns:
            The texts: whole requests and the beginnings of new large ones; without such, or if no
            row of a large request waits to run, slices of those whose turn it is.
        """
        taken = self._take_whole()
        rows = sum(each.rows for each in taken)
        while self._new and rows + _FIRST_ROWS <= _MAX_ROWS:
            taken.append(self._cut(self._new.popleft(), _FIRST_ROWS))
            rows += taken[-1].rows
        if taken and large_rows:
            return taken
        while self._turns and rows < _MAX_ROWS and large_rows < _ENOUGH_ROWS:
            taken.append(self._cut(self._turns.popleft(), min(_SLICE_ROWS, _MAX_ROWS - rows)))
            rows += taken[-1].rows
            large_rows += taken[-1].rows
        return taken

    def tokenize(self, taken: Sequence[Slice]) -> list[tuple[Slice, TokenRows]]:
        """Tokenize texts. An error ends the requests that it comes from.

        Args:
            taken: The texts, one slice at least.

        Returns:
            The slices that could be tokenized, with their tokens.
        """
        try:
            return list(self._tokenize_together(taken))
        except Exception as exc:  # the thread's edge: the callers raise it
            if len(taken) == 1:
                taken[0].request.fail(exc)
                return []
        return [done for each in taken for done in self.tokenize([each])]

    def _take_whole(self) -> list[Slice]:
        taken: list[Slice] = []
        rows = 0
        while self._whole and (not taken or rows + self._whole[0].rows <= _MAX_ROWS):
            request = self._whole.popleft()
            request.begun = request.rows
            taken.append(Slice(request, 0, request.rows))
            rows += request.rows
        self._whole_rows -= rows
        return taken

    def _cut(self, request: TextRequest, rows: int) -> Slice:
        """Take some texts of a large request; if it has more, its next turn comes last."""
        start = request.begun
        request.begun = _end_of_slice(request.texts, start, min(start + rows, request.rows))
        if request.begun < request.rows:
            self._turns.append(request)
        return Slice(request, start, request.begun)

    def _tokenize_together(self, taken: Sequence[Slice]) -> Iterator[tuple[Slice, TokenRows]]:
        texts = taken[0].texts
        if len(taken) > 1:
            texts = {name: np.concatenate([each.texts[name] for each in taken]) for name in texts}
        deadline = latest_deadline(each.request.deadline for each in taken)
        rows = TokenRows.of(self._tokenize(texts, deadline))
        start = 0
        for each in taken:
            yield each, rows.cut(start, start + each.rows)
            start += each.rows


def _end_of_slice(texts: Arrays, start: int, stop: int) -> int:
    """Return where a slice ends: before the text that makes it too long, after one at least."""
    columns: list[Array] = [array[start:stop] for array in texts.values()]
    size = 0
    for place, row in enumerate(zip(*columns, strict=True), start):
        size += sum(map(len, row))
        if size > _SLICE_BYTES and place > start:
            return place
    return stop
