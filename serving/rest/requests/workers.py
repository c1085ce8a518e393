"""Threads that answer requests for an event loop, with as few steps between the two as possible.

An executor of the standard library makes a lock and a condition for every call and a second future
for the loop; beside a short text's own time that is felt. These threads are daemons, so one that
is stuck in a model does not keep the process from ending.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


class _Job:
    """One call: what to do, for whom, and whether anybody still waits."""

    __slots__ = ("abandoned", "at_end", "finish", "loop", "work")

    def __init__(
        self,
        work: Callable[[], Any],
        at_end: Callable[[], None],
        loop: asyncio.AbstractEventLoop,
        finish: Callable[[Any, BaseException | None], None],
    ) -> None:
        self.work = work
        self.at_end = at_end
        self.loop = loop
        self.finish = finish
        self.abandoned = False

    def run(self) -> None:
        result, error = None, None
        if not self.abandoned:
            try:
                result = self.work()
            except BaseException as exc:
                error = exc
        self.at_end()
        try:
            self.loop.call_soon_threadsafe(self.finish, result, error)
        except RuntimeError:  # the loop has closed: nobody waits any more
            return


class Workers:
    """Runs calls of one event loop in a bounded number of threads, which start on demand."""

    def __init__(self, count: int, name: str) -> None:
        """Prepare.

        Args:
            count: Most threads.
            name: Beginning of their names.
        """
        self._count = count
        self._name = name
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        self._threads = 0  # both numbers change on the loop's thread only
        self._unfinished = 0

    async def run(
        self, work: Callable[[], Result], at_end: Callable[[], None], timeout_s: float
    ) -> Result:
        """Run a call in a thread.

        Args:
            work: The call.
            at_end: Called once the call is over, also if it was not begun; must not fail.
            timeout_s: How long to wait, seconds. A call that waits for a thread is not begun after
                that; one that runs goes on, and nobody waits for it.

        Returns:
            Its result.

        Raises:
            TimeoutError: If the time is up.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()

        def finish(result: Any, error: BaseException | None) -> None:
            self._unfinished -= 1
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        job = _Job(work, at_end, loop, finish)
        self._unfinished += 1
        self._jobs.put(job)
        if self._unfinished > self._threads < self._count:
            self._start_thread()
        timer = loop.call_later(timeout_s, _give_up, job, future)
        try:
            return await future
        finally:
            timer.cancel()
            job.abandoned = True

    def _start_thread(self) -> None:
        thread = threading.Thread(
            target=self._work, name=f"{self._name}_{self._threads}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as exc:  # the system has no more threads; the others go on
            logger.warning("No further thread could be started: %s", exc)
        else:
            self._threads += 1

    def _work(self) -> None:
        while True:
            self._jobs.get().run()


def _give_up(job: _Job, future: "asyncio.Future[Any]") -> None:
    job.abandoned = True
    if not future.done():
        future.set_exception(TimeoutError())
