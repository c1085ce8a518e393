"""What the tests of concurrent code share: threads with answers, gates and waiting."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from serving.observing.observer import BatchRecord, Observers

LIMIT_S = 30.0
T = TypeVar("T")


class Recorder(Observers):
    """Keeps the reports of batches."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[BatchRecord] = []

    def batch(self, record: BatchRecord) -> None:
        self.batches.append(record)


class Gate:
    """Stops the threads that pass it until it is opened."""

    def __init__(self) -> None:
        self._arrived = threading.Semaphore(0)
        self._opened = threading.Event()

    def open(self) -> None:
        self._opened.set()

    def close(self) -> None:
        self._opened.clear()

    def pass_through(self) -> None:
        self._arrived.release()
        assert self._opened.wait(LIMIT_S), "nobody opened the gate"

    def wait_for_one(self) -> None:
        """Wait until one more thread has come to the gate."""
        assert self._arrived.acquire(timeout=LIMIT_S), "nobody came to the gate"


class Steps(Gate):
    """Lets the threads that come pass one by one."""

    def __init__(self) -> None:
        super().__init__()
        self._allowed = threading.Semaphore(0)

    def pass_through(self) -> None:
        self._arrived.release()
        assert self._opened.is_set() or self._allowed.acquire(timeout=LIMIT_S), "nobody let it pass"

    def let_one_pass(self) -> None:
        """Let the thread at the gate pass, and wait until another one has come."""
        self._allowed.release()
        self.wait_for_one()

    def open(self) -> None:
        super().open()
        self._allowed.release()


def in_thread(function: Callable[[], T]) -> "Future[T]":
    """Call a function in a thread of its own."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(function())
        except Exception as exc:
            future.set_exception(exc)

    threading.Thread(target=work, daemon=True).start()
    return future
