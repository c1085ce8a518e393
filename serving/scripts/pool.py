"""The processes of one script: as many as requests need, up to a limit; lost ones are replaced."""

import logging
import threading
import time

from serving.errors import DeadlineExceededError, OverloadedError, ServingError
from serving.scripts.script import (
    AskModel,
    ScriptAnswer,
    ScriptOptions,
    ScriptPlace,
    ScriptRequest,
)
from serving.scripts.worker import ScriptError, ScriptWorker

logger = logging.getLogger(__name__)

_MAX_WAITING = 64  # requests; more would keep the threads of other models' requests


class ScriptPool:
    """Runs the `inference.py` of one model version.

    Attributes:
        rest_url: Address of the REST port, for scripts that ask it themselves; empty without one.
    """

    def __init__(self, name: str, place: ScriptPlace, options: ScriptOptions) -> None:
        """Prepare; `start` loads the script once.

        Args:
            name: The model's.
            place: The script.
            options: How it runs.
        """
        self.rest_url = options.rest_url
        self._name, self._place, self._options = name, place, options
        self._free: list[ScriptWorker] = []
        self._workers: set[ScriptWorker] = set()
        self._starting = 0
        self._waiting = 0
        self._closed = False
        self._changed = threading.Condition()

    def start(self) -> None:
        """Start the first process.

        Raises:
            ServingError: If the script cannot be loaded.
        """
        self._give_back(self._started(time.monotonic() + self._options.start_s))

    def run(self, request: ScriptRequest, ask: AskModel, deadline: float) -> ScriptAnswer:
        """Let the script answer a request.

        Args:
            request: The request.
            ask: Asks the served model.
            deadline: When to give up, in seconds of `time.monotonic`.

        Returns:
            Its answer.

        Raises:
            ScriptError: If the script raised.
            OverloadedError: If too many requests wait for it.
            ServingError: DEADLINE_EXCEEDED at the deadline; INTERNAL if its process ended.
        """
        worker = self._take(deadline)
        try:
            answer = worker.run(request, ask, deadline)
        except ScriptError as exc:
            (self._drop if exc.ends_process else self._give_back)(worker)
            raise
        except BaseException:
            self._drop(worker)
            raise
        self._give_back(worker)
        return answer

    def close(self) -> None:
        """End all processes."""
        with self._changed:
            self._closed = True
            workers = list(self._workers)
            self._free.clear()
            self._changed.notify_all()
        for worker in workers:
            self._drop(worker)

    def _take(self, deadline: float) -> ScriptWorker:
        """Return a process that has nothing to do, or start one."""
        with self._changed:
            if self._waiting >= _MAX_WAITING:
                raise OverloadedError(
                    f"{_MAX_WAITING} requests wait for the inference.py of model {self._name}, "
                    "which is the limit; try again later"
                )
            self._waiting += 1
            try:
                self._changed.wait_for(self._may_go, deadline - time.monotonic())
            finally:
                self._waiting -= 1
            while self._free:
                worker = self._free.pop()
                if worker.is_alive():
                    return worker
                self._workers.discard(worker)
            if not self._may_go():
                raise DeadlineExceededError(
                    f"No process of the inference.py of model {self._name} was free in time"
                )
            self._starting += 1
        try:
            return self._started(deadline)
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify()

    def _may_go(self) -> bool:
        count = len(self._workers) + self._starting
        return self._closed or bool(self._free) or count < self._options.workers

    def _started(self, deadline: float) -> ScriptWorker:
        worker = ScriptWorker(self._name, self._place, self._options)
        try:
            worker.wait_until_ready(deadline)
        except ServingError:
            worker.stop()
            raise
        with self._changed:
            self._workers.add(worker)
        return worker

    def _give_back(self, worker: ScriptWorker) -> None:
        with self._changed:
            if not self._closed:
                self._free.append(worker)
                self._changed.notify()
                return
        self._drop(worker)

    def _drop(self, worker: ScriptWorker) -> None:
        with self._changed:
            self._workers.discard(worker)
        worker.stop()
        with self._changed:
            self._changed.notify()
