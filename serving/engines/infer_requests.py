"""Shares OpenVINO's requests of one compiled model among threads: each runs one batch at a time."""

import threading
import time
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from serving.errors import DeadlineExceededError


class InferRequests:
    """OpenVINO's requests of one compiled model.

    They go to those who wait in the order in which they came: who gives one back and wants it again
    at once, as for the next part of a large batch, is the last.
    """

    def __init__(self, compiled: Any, count: int) -> None:
        """Make the requests.

        Args:
            compiled: The compiled model.
            count: How many requests.
        """
        self._count = count
        self._free = [compiled.create_infer_request() for _ in range(count)]
        self._waiting: deque[Future[Any]] = deque()
        self._lock = threading.Lock()

    def take_free(self) -> Any:
        """Return a free request; None if there is none."""
        with self._lock:
            return self._free.pop() if self._free else None

    def are_free(self) -> bool:
        """Return whether all of them are free."""
        return len(self._free) == self._count

    def take(self, deadline: float | None) -> Any:
        """Wait for a request; DeadlineExceededError after the deadline."""
        place: Future[Any] = Future()
        with self._lock:
            if self._free:
                return self._free.pop()
            self._waiting.append(place)
        try:
            return place.result(None if deadline is None else max(0.0, deadline - time.monotonic()))
        except FutureTimeoutError:
            with self._lock:
                if place.done():
                    return place.result()
                self._waiting.remove(place)
            raise DeadlineExceededError("The deadline passed before the model was free.") from None

    def give_back(self, request: Any) -> None:
        """Let others have a request."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set_result(request)
            else:
                self._free.append(request)

    def close(self) -> None:
        """Free the compiled model."""
        self._free.clear()
