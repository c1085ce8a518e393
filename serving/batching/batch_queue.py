"""One queue of batches that form while requests come. It knows no threads: its user holds a lock.

Source: TensorFlow Serving, `batching/README.md`; TensorFlow, `shared_batch_scheduler.h`.
"""

from collections import deque
from dataclasses import dataclass, field

from serving.batching.parameters import BatchingParameters
from serving.batching.tasks import BatchedRequest, Task
from serving.errors import Code, InvalidArgumentError, ServingError

_MICROS = 1e-6
_BATCHES_IN_A_ROW = 3  # while a large request waits beside the queue


@dataclass(eq=False)
class _Batch:
    """Tasks that will run together; `opened` is when the first came."""

    opened: float
    tasks: list[Task] = field(default_factory=list)
    rows: int = 0

    def add(self, task: Task) -> None:
        self.tasks.append(task)
        self.rows += task.rows


@dataclass(eq=False)
class _Rest:
    """Rows of a large request, from `start` on, that wait beside the queue."""

    request: BatchedRequest
    start: int

    @property
    def rows(self) -> int:
        return self.request.rows - self.start


class BatchQueue:
    """Batches in the order in which they opened; only the last one takes more tasks.

    Of a request to be split that is larger than a batch only the first part is queued. The rest
    waits beside: its parts run when no batch waits, and every few batches, in turns with others'.
    So it takes no room from smaller requests, and they wait for one batch of it.
    """

    def __init__(self, parameters: BatchingParameters) -> None:
        self._parameters = parameters
        self._batches: deque[_Batch] = deque()
        self._rests: deque[_Rest] = deque()
        self._rest_since = 0.0
        self._batches_in_a_row = 0

    def __len__(self) -> int:
        return sum(len(batch.tasks) for batch in self._batches) + len(self._rests)

    def add(self, request: BatchedRequest) -> None:
        """Put a request into the last batch, or new ones where it does not fit.

        Args:
            request: The request.

        Raises:
            InvalidArgumentError: If it has more rows than any batch may.
            ServingError: UNAVAILABLE, if the queue is full.
        """
        parameters = self._parameters
        if request.rows > parameters.max_batch_size:
            raise InvalidArgumentError(
                f"Task size {request.rows} is larger than maximum input batch size "
                f"{parameters.max_batch_size}"
            )
        if parameters.enable_large_batch_splitting:
            self._require_capacity(request.rows)
            self._add_in_parts(request)
        else:
            self._require_open_batch(request.rows)
            self._add_part(Task(request, 0, request.rows))

    def due(self) -> float | None:
        """Return when the first batch may run, in `time.monotonic` seconds; None if none waits."""
        if not self._batches:
            return self._rest_since if self._rests else None
        first = self._batches[0]
        is_followed = len(self._batches) > 1 or bool(self._rests)
        if is_followed or first.rows >= self._parameters.batch_limit:
            return first.opened
        return first.opened + self._parameters.batch_timeout_micros * _MICROS

    def take(self, now: float = 0.0) -> list[Task]:
        """Remove the first batch and return its tasks; call it when the batch is due.

        Args:
            now: In seconds of `time.monotonic`.

        Returns:
            The tasks.
        """
        if self._rests:
            if not self._batches or self._batches_in_a_row == _BATCHES_IN_A_ROW:
                return [self._take_part(now)]
            self._batches_in_a_row += 1
        return self._batches.popleft().tasks

    def _take_part(self, now: float) -> Task:
        """Return the next part of the large request whose turn it is."""
        self._batches_in_a_row = 0
        self._rest_since = now
        rest, limit = self._rests.popleft(), self._parameters.batch_limit
        task = Task(rest.request, rest.start, min(rest.start + limit, rest.request.rows))
        rest.start = task.stop
        if rest.request.answer.done():  # failed, or given up: nothing more of it
            return task
        if rest.rows >= limit:
            self._rests.append(rest)
        elif rest.rows:  # may share a batch
            self._add_part(Task(rest.request, rest.start, rest.request.rows))
        return task

    @property
    def _open_rows(self) -> int:
        return self._batches[-1].rows if self._batches else 0

    def _require_open_batch(self, rows: int) -> None:
        """Refuse a task that needs a new batch when no more may wait."""
        if not self._batches or self._open_rows + rows <= self._parameters.batch_limit:
            return
        if len(self._batches) >= self._parameters.queue_limit:
            raise _full(
                f"currently {len(self._batches)} batches enqueued and max_enqueued_batches is "
                f"{self._parameters.queue_limit}"
            )

    def _require_capacity(self, rows: int) -> None:
        """Refuse a task to be split that the waiting batches have no room for."""
        limit, queue_limit = self._parameters.batch_limit, self._parameters.queue_limit
        batches = max(1, len(self._batches))
        capacity = (queue_limit - batches) * limit + limit - self._open_rows
        if rows > limit:  # large requests count the others that wait beside the queue
            capacity -= sum(rest.rows for rest in self._rests)
        if rows > capacity:
            raise _full(
                f"task size is {rows} but scheduling capacity is only {capacity} "
                f"(num_enqueued_batches={batches}, max_enqueued_batches={queue_limit}, "
                f"open_batch_size={self._open_rows}, max_execution_batch_size={limit})"
            )

    def _add_in_parts(self, request: BatchedRequest) -> None:
        limit = self._parameters.batch_limit
        room = limit - self._open_rows or limit
        stop = min(room, request.rows)
        self._add_part(Task(request, 0, stop))
        rest = _Rest(request, stop)
        if rest.rows >= limit:
            if not self._rests:
                self._rest_since = request.arrived
            self._rests.append(rest)
        elif rest.rows:
            self._add_part(Task(request, stop, request.rows))

    def _add_part(self, task: Task) -> None:
        if not self._batches or self._open_rows + task.rows > self._parameters.batch_limit:
            self._batches.append(_Batch(task.request.arrived))
        self._batches[-1].add(task)


def _full(why: str) -> ServingError:
    return ServingError(
        Code.UNAVAILABLE,
        f"The batch scheduling queue to which this task was submitted is full; {why}",
    )
