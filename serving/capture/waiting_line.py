"""The inferences that wait to be written: bounded, and never waited for."""

import threading
from collections import deque

from serving.capture.inference import Inference, Origin
from serving.capture.rules import Waiting
from serving.capture.sinks import Sink

Waiter = tuple[Sink, Inference, Origin]

_FULL_ENOUGH = 0.25


class WaitingLine:
    """A queue that refuses at once what it has no room for.

    Attributes:
        limits: What may wait; may be replaced at any time.
        filling: Set while so much waits that it should be written soon.
    """

    def __init__(self, limits: Waiting) -> None:
        """Begin empty.

        Args:
            limits: What may wait.
        """
        self.limits = limits
        self.filling = threading.Event()
        self._lock = threading.Lock()
        self._waiters: deque[Waiter] = deque()
        self._size = 0

    def put(self, waiter: Waiter) -> bool:
        """Let an inference wait.

        Args:
            waiter: The inference, and where it is to go.

        Returns:
            Whether there was room.
        """
        size = waiter[2].size
        limits = self.limits
        with self._lock:
            if len(self._waiters) >= limits.requests or self._size + size > limits.size:
                return False
            self._waiters.append(waiter)
            self._size += size
            full = len(self._waiters) / limits.requests, self._size / limits.size
        if max(full) >= _FULL_ENOUGH:
            self.filling.set()
        return True

    def take(self, most: int) -> list[Waiter]:
        """Take those that wait longest.

        Args:
            most: How many at most.

        Returns:
            Them, in their order.
        """
        with self._lock:
            count = min(most, len(self._waiters))
            taken = [self._waiters.popleft() for _ in range(count)]
            self._size -= sum(waiter[2].size for waiter in taken)
            if not self._waiters:
                self.filling.clear()
        return taken
