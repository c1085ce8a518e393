"""Takes turns: changes that must not run at the same time run in the order of their arrival."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from serving.errors import DeadlineExceededError


class Turns:
    """A queue of threads, of which the first may go on.

    Example:
        >>> turns = Turns()
        >>> with turns.take(None):
        ...     turns.others_wait()
        False
    """

    def __init__(self) -> None:
        """Start empty."""
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()

    @contextmanager
    def take(self, deadline: float | None) -> Iterator[None]:
        """Wait for a turn, and end it after the block.

        Args:
            deadline: On the clock of `time.monotonic`; None waits for ever.

        Yields:
            Nothing.

        Raises:
            DeadlineExceededError: If others take too long.
        """
        ticket = object()
        timeout_s = None if deadline is None else max(0.0, deadline - time.monotonic())
        with self._changed:
            self._queue.append(ticket)
            is_first = self._changed.wait_for(lambda: self._queue[0] is ticket, timeout_s)
        try:
            if not is_first:
                raise DeadlineExceededError("Timed out waiting for other changes to end.")
            yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def others_wait(self) -> bool:
        """Tell whether somebody waits behind the one whose turn it is."""
        with self._changed:
            return len(self._queue) > 1
