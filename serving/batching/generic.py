"""Batches the requests to any model by TensorFlow Serving's parameters, in threads they share."""

import threading
import time
from collections.abc import Sequence
from concurrent import futures
from dataclasses import dataclass, replace

from serving.batching.batch_queue import BatchQueue
from serving.batching.deadlines import latest_deadline
from serving.batching.parameters import BatchingParameters
from serving.batching.tasks import (
    BatchedRequest,
    Task,
    count_rows,
    merge_inputs,
    split_outputs,
    start_tasks,
    waited_too_long,
)
from serving.errors import DeadlineExceededError, ServingError
from serving.observing.observer import BatchRecord, Observer
from serving.servables.callers import gone_error, when_gone
from serving.servables.model import Array, Arrays, LoadedModel


@dataclass(frozen=True)
class _QueueKey:
    """What the requests of a batch have in common; versions of a model are objects of their own."""

    model: "_BatchedModel"
    signature: str
    outputs: tuple[str, ...]


class GenericBatcher:
    """Runs the batches of all models in one pool of threads."""

    def __init__(self, parameters: BatchingParameters, observer: Observer) -> None:
        """Set the batcher up; its threads start with the first model.

        Args:
            parameters: The size of the pool, and the limits of models without their own.
            observer: Hears of each batch.
        """
        self.observer = observer
        self._parameters = parameters
        self._queues: dict[_QueueKey, BatchQueue] = {}
        self._running: list[_QueueKey] = []
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._changed = threading.Condition()

    @property
    def waiting_tasks(self) -> int:
        """Number of requests, and parts of split ones, in all queues."""
        with self._changed:
            return sum(len(queue) for queue in self._queues.values())

    def wrap(self, model: LoadedModel, parameters: BatchingParameters | None = None) -> LoadedModel:
        """Batch the requests to a model.

        Args:
            model: Any model.
            parameters: The model's own limits; None takes those of the batcher.

        Returns:
            The model with batching; closing it ends its queues, then closes the model.

        Raises:
            InvalidArgumentError: If the parameters contradict each other.
        """
        own = parameters or self._parameters
        self._parameters.check()
        own.check()
        self._start_threads()
        batched = _BatchedModel(self, model, own)
        return replace(model, run=batched.run, close=batched.close)

    def close(self) -> None:
        """End the threads; call it when no model is in use any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _start_threads(self) -> None:
        with self._changed:
            missing = self._parameters.num_batch_threads - len(self._threads)
            for place in range(missing):
                name = f"{self._parameters.thread_pool_name}-{place}"
                self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
                self._threads[-1].start()

    def submit(self, key: _QueueKey, request: BatchedRequest) -> None:
        """Queue a request.

        Args:
            key: Where to.
            request: The request.

        Raises:
            ServingError: If it is too large or the queue is full.
        """
        with self._changed:
            queue = self._queues.setdefault(key, BatchQueue(key.model.parameters))
            queue.add(request)
            self._changed.notify_all()

    def forget(self, model: "_BatchedModel") -> None:
        """Remove the queues of a model and wait until none of its batches runs."""
        with self._changed:
            for key in [key for key in self._queues if key.model is model]:
                del self._queues[key]
            self._changed.wait_for(lambda: all(key.model is not model for key in self._running))

    def abandon(self, request: BatchedRequest) -> ServingError:
        """Return the error of a request whose deadline passed; what waits of it will not run."""
        with self._changed:
            error: ServingError = (
                DeadlineExceededError("The deadline passed while the batch was running.")
                if request.started
                else waited_too_long()
            )
            request.fail(error)
            return error

    def leave(self, request: BatchedRequest) -> None:
        """Drop what waits of a request whose client is gone."""
        with self._changed:
            request.fail(gone_error())

    def _work(self) -> None:
        while taken := self._next_batch():
            key, tasks = taken
            try:
                self._run_batch(key, tasks)
            finally:
                with self._changed:
                    self._running.remove(key)
                    self._changed.notify_all()

    def _next_batch(self) -> tuple[_QueueKey, list[Task]] | None:
        """Wait for the batch that is due first and take it; None after `close`."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                due, key = self._first_due()
                if key is not None and due <= now:
                    self._running.append(key)
                    return key, start_tasks(self._queues[key].take(now), now)
                self._changed.wait(None if key is None else due - now)
        return None

    def _first_due(self) -> tuple[float, _QueueKey | None]:
        found: tuple[float, _QueueKey | None] = (float("inf"), None)
        for key, queue in self._queues.items():
            due = queue.due()
            if due is not None and due < found[0]:
                found = (due, key)
        return found

    def _run_batch(self, key: _QueueKey, tasks: list[Task]) -> None:
        if not tasks:
            return
        try:
            parts = key.model.run_batch(key.signature, key.outputs, tasks)
        except Exception as exc:  # the thread's edge: the callers raise it
            with self._changed:
                for task in tasks:
                    task.request.fail(exc)
            return
        # Two batches may hold rows of one request, so their threads take turns.
        with self._changed:
            for task, part in zip(tasks, parts, strict=True):
                task.request.fill(task.start, task.rows, part)


class _BatchedModel:
    """A model whose signatures run in batches."""

    def __init__(
        self, batcher: GenericBatcher, model: LoadedModel, parameters: BatchingParameters
    ) -> None:
        self.parameters = parameters
        self._batcher = batcher
        self._model = model

    def run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        """Run a signature in a batch; see `RunSignature`."""
        rows = count_rows(inputs)
        if rows == 0:  # nothing that could be joined or split
            return self._model.run(name, inputs, outputs, deadline)
        request = BatchedRequest(inputs, rows, deadline, arrived=time.monotonic())
        self._batcher.submit(_QueueKey(self, name, tuple(sorted(outputs))), request)
        if rows > self.parameters.batch_limit:
            when_gone(lambda: self._batcher.leave(request))
        wait_s = None if deadline is None else max(0.0, deadline - request.arrived)
        try:
            answer = request.answer.result(wait_s)
        except futures.TimeoutError:
            raise self._batcher.abandon(request) from None
        return {alias: answer[alias] for alias in outputs}

    def run_batch(
        self, signature: str, outputs: Sequence[str], tasks: list[Task]
    ) -> list[dict[str, Array]]:
        """Run tasks as one batch.

        Args:
            signature: The signature.
            outputs: The outputs wanted.
            tasks: The tasks, at least one.

        Returns:
            The outputs of each task.

        Raises:
            ServingError: With the code of the failure.
        """
        started = time.monotonic()
        specs = self._model.signatures[signature].inputs
        names = {alias: spec.tensor_name for alias, spec in specs.items()}
        merged = merge_inputs(tasks, self.parameters, names)
        rows = sum(task.rows for task in tasks)
        executed_rows = self.parameters.executed_rows(rows)
        answers = self._model.run(
            signature, merged, outputs, latest_deadline(task.request.deadline for task in tasks)
        )
        waited = [started - task.request.arrived for task in tasks]
        self._batcher.observer.batch(
            BatchRecord(self._model.name, rows, executed_rows, queue_times_s=waited)
        )
        return split_outputs(answers, tasks, executed_rows)

    def close(self) -> None:
        """End the model's queues, then close it."""
        self._batcher.forget(self)
        self._model.close()
