"""Waits on the event loop for an answer that another thread gives: no thread per request."""

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from serving.servables.model import Arrays, Pending


async def outputs_of(pending: Pending, timeout_s: float) -> Arrays:
    """Wait for a run that was begun.

    Args:
        pending: The run; it is given up if its client has gone.
        timeout_s: How long to wait, seconds.

    Returns:
        Its outputs by name.

    Raises:
        TimeoutError: If the time is up.
    """
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not woken.done():
            woken.set_result(None)

    def wake_from_thread(_answer: "Future[Any]") -> None:
        with suppress(RuntimeError):  # the loop has closed: nobody waits any more
            loop.call_soon_threadsafe(wake)

    pending.answer.add_done_callback(wake_from_thread)
    timer = loop.call_later(timeout_s, wake)
    try:
        await woken
        if not pending.answer.done():
            raise TimeoutError
        return pending.finish(pending.answer.result())
    finally:
        timer.cancel()
        if not pending.answer.done():
            pending.give_up()
