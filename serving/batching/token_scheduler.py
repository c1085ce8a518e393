"""Runs waiting rows of text in batches. All of its state is guarded by one lock.

A slot is the right to run the model; there are as many as batches may run at once. A worker thread
takes a slot for every batch of the queue; before that, it tokenizes the texts that wait, those of
large requests in slices. A caller may take a slot itself while nothing waits.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from dataclasses import dataclass

from serving.batching.deadlines import latest_deadline
from serving.batching.plan import BatchLimits
from serving.batching.text_queue import TextQueue, Tokenize
from serving.batching.text_request import TextRequest
from serving.batching.token_queue import TokenQueue, WaitingRow
from serving.batching.token_rows import pad_batch
from serving.errors import Code, DeadlineExceededError, OverloadedError, ServingError
from serving.observing.observer import BatchRecord, Observer
from serving.servables.callers import gone_error, when_gone
from serving.servables.model import Array, Arrays

_TOKENIZER_CALLS = 2  # before a batch: the second is for those that came during the first

RunTokens = Callable[[dict[str, Array], float | None], Array]


@dataclass(frozen=True)
class Halves:
    """A text classifier in two steps; both take a deadline in seconds of `time.monotonic`.

    Attributes:
        tokenize: Gives the three inputs of the encoder, int32 `[n, s]`, of texts.
        run: Gives the probabilities, float32 `[n, C]`, of a batch of tokens.
    """

    tokenize: Tokenize
    run: RunTokens


@dataclass(frozen=True)
class SchedulerLimits:
    """What a scheduler keeps to.

    Attributes:
        batch: Limits of one batch.
        slots: Batches that run at once.
        max_queued_rows: Rows that may wait; those of large requests do not count.
    """

    batch: BatchLimits
    slots: int
    max_queued_rows: int


class TokenScheduler:
    """Shares the slots of one model among its callers and its worker threads."""

    def __init__(
        self, name: str, halves: Halves, limits: SchedulerLimits, observer: Observer
    ) -> None:
        """Start the worker threads.

        Args:
            name: The model's name.
            halves: The model.
            limits: The limits.
            observer: Hears of each batch.

        Raises:
            RuntimeError: If the system has no more threads; none is left then.
        """
        self._name = name
        self._run = halves.run
        self._limits = limits
        self._observer = observer
        self._texts = TextQueue(halves.tokenize)
        self._queue = TokenQueue(limits.batch)
        self._busy = 0
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, name=f"batches of {name}", daemon=True)
            for _ in range(limits.slots)
        ]
        try:
            for thread in self._threads:
                thread.start()
        except RuntimeError:
            self.close()
            raise

    @property
    def waiting_rows(self) -> int:
        """Number of rows in the queue, tokenized or not.

        Those of large requests are not counted, as few of them are in the queue at a time.
        """
        with self._changed:
            return self._waiting_rows()

    def is_busy(self) -> bool:
        """Tell whether there is no slot for a caller; it may have changed a moment later."""
        return not self._has_free_slot() or self._has_work()

    @contextmanager
    def direct_slot(self) -> Iterator[bool]:
        """Take a slot for the caller's thread if one is free and nothing waits for it.

        Yields:
            Whether the caller has the slot, until it leaves the context.
        """
        with self._changed:
            taken = not self._closed and self._has_free_slot() and not self._has_work()
            self._busy += taken
        try:
            yield taken
        finally:
            if taken:
                with self._changed:
                    self._busy -= 1
                    self._wake_a_worker()

    def answer_texts(self, texts: Arrays, rows: int, deadline: float | None) -> Array:
        """Queue texts, which a worker tokenizes with others, and wait for their answers.

        Args:
            texts: The inputs of the tokenizer, strings `[n]`.
            rows: How many texts, n; at least one.
            deadline: When to give up, in seconds of `time.monotonic`; None never does.

        Returns:
            Probabilities, float32 `[n, C]`, in the order of the texts.

        Raises:
            OverloadedError: If the queue is full.
            DeadlineExceededError: After the deadline; what still waits of the texts is dropped.
            ServingError: With the code with which a batch failed; UNAVAILABLE after `close`;
                CANCELLED, if the client of a large request leaves.
        """
        request = self.submit(texts, rows, deadline)
        if request.is_large:
            when_gone(lambda: self._leave(request))
        try:
            return request.answer.result(
                None if deadline is None else max(0, deadline - time.monotonic())
            )
        except FutureTimeoutError:
            error = DeadlineExceededError("The deadline passed before all texts were answered.")
            with self._changed:
                self._discard(request)
                request.fail(error)
            raise error from None

    def submit(self, texts: Arrays, rows: int, deadline: float | None) -> TextRequest:
        """Queue texts as `answer_texts` does, without waiting.

        Args:
            texts: The inputs of the tokenizer, strings `[n]`.
            rows: How many texts, n; at least one.
            deadline: When the batch may be given up; the caller looks after its own time.

        Returns:
            The request; its `answer` ends as `answer_texts`.

        Raises:
            OverloadedError: If the queue is full.
            ServingError: UNAVAILABLE, after `close`.
        """
        request = TextRequest(texts, rows, deadline, time.monotonic())
        with self._changed:
            self._require_room(1 if request.is_large else rows)
            self._texts.add(request)
            self._wake_a_worker()
        return request

    def give_up(self, request: TextRequest) -> None:
        """Drop what still waits of a request."""
        with self._changed:
            self._discard(request)
            request.answer.cancel()

    def _leave(self, request: TextRequest) -> None:
        """Drop what is left of a request whose client is gone."""
        if request.answer.done():
            return
        with self._changed:
            self._discard(request)
            request.fail(gone_error())

    def close(self) -> None:
        """End the worker threads; they finish the batches that they run."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            if thread.ident is not None:  # was started
                thread.join()

    def _discard(self, request: TextRequest) -> None:
        self._texts.discard(request)
        self._queue.discard(request)

    def _has_work(self) -> bool:
        return len(self._queue) > 0 or not self._texts.is_empty()

    def _waiting_rows(self) -> int:
        return len(self._texts) + len(self._queue) - self._queue.large_rows

    def _has_free_slot(self) -> bool:
        return self._busy < self._limits.slots

    def _wake_a_worker(self) -> None:
        if self._has_free_slot() and self._has_work():
            self._changed.notify()

    def _require_room(self, rows: int) -> None:
        waiting, limit = self._waiting_rows(), self._limits.max_queued_rows
        if self._closed:
            raise ServingError(Code.UNAVAILABLE, f"Model {self._name} is being unloaded.")
        if waiting and waiting + rows > limit:
            raise OverloadedError(
                f"The queue is full: {waiting} texts are waiting, at most {limit} may; "
                "try again later."
            )

    def _work(self) -> None:
        """Run batches until `close`."""
        while batch := self._next_batch():
            self._run_batch(batch)
            with self._changed:
                self._busy -= 1

    def _next_batch(self) -> list[WaitingRow]:
        """Wait for a slot and for rows, and take both; return no rows after `close`."""
        while self._take_slot():
            for _ in range(_TOKENIZER_CALLS):
                self._tokenize()
                if not self._texts.has_new():
                    break
            with self._changed:
                batch = self._queue.take()
                self._wake_a_worker()
                if batch:
                    return batch
                self._busy -= 1
        return []

    def _tokenize(self) -> None:
        """Tokenize the texts of one call, if any wait, and queue their rows."""
        with self._changed:
            texts = self._texts.take(self._queue.large_rows)
        if not texts:
            return
        tokenized = self._texts.tokenize(texts)
        with self._changed:
            for part in texts:
                if part.request.answer.done():  # failed, or its caller has given up meanwhile
                    self._discard(part.request)
            for part, rows in tokenized:
                if not part.request.answer.done():
                    self._queue.add(part, rows)

    def _take_slot(self) -> bool:
        """Wait for a slot and for something to do with it; return False after `close`."""
        with self._changed:
            while not self._closed:
                if self._has_free_slot() and self._has_work():
                    self._busy += 1
                    return True
                self._changed.wait()
        return False

    def _run_batch(self, batch: list[WaitingRow]) -> None:
        started = time.monotonic()
        requests = list(dict.fromkeys(row.request for row in batch))
        try:
            tokens = pad_batch([(row.rows, row.row) for row in batch])
            probabilities = self._run(
                tokens, latest_deadline(request.deadline for request in requests)
            )
            self._report(batch, tokens, [started - request.arrived for request in requests])
            self._hand_out(batch, probabilities)
        except Exception as exc:  # the thread's edge: the callers raise it
            self._fail(requests, exc)

    def _hand_out(self, batch: list[WaitingRow], probabilities: Array) -> None:
        # Two batches may hold rows of one request, so their threads take turns.
        with self._changed:
            for row, answer in zip(batch, probabilities, strict=True):
                row.request.fill(row.number, answer)

    def _fail(self, requests: list[TextRequest], error: Exception) -> None:
        with self._changed:
            for request in requests:
                self._discard(request)
                request.fail(error)

    def _report(
        self, batch: list[WaitingRow], tokens: dict[str, Array], queue_times_s: list[float]
    ) -> None:
        record = BatchRecord(
            model_name=self._name,
            rows=len(batch),
            executed_rows=len(batch),
            tokens=sum(row.length for row in batch),
            executed_tokens=tokens["input_mask"].size,
            queue_times_s=queue_times_s,
        )
        self._observer.batch(record)
