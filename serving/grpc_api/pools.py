"""The threads of the gRPC server: those that ask models, those for control, those that reload.

grpcio has one pool and one limit for all methods; so many slow Predicts would keep a health check
from being answered, and a supervisor would end a server that is only busy. Methods with a pool of
their own go by grpcio's attribute `experimental_thread_pool`.
"""

import functools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import grpc

logger = logging.getLogger(__name__)

_CONTROL_THREADS = 8  # their methods take well under a millisecond
_RELOAD_THREADS = 4  # one applies its configuration at a time


class CountingPool(ThreadPoolExecutor):
    """A pool that knows how many calls run or wait, and goes on where no further thread starts."""

    def __init__(self, threads: int, name: str) -> None:
        """Prepare; threads start on demand.

        Args:
            threads: Most threads.
            name: Beginning of their names.
        """
        super().__init__(threads, thread_name_prefix=name)
        self._counting = threading.Lock()
        self.unfinished = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run a call in a thread."""
        with self._counting:
            self.unfinished += 1
        try:
            future = super().submit(fn, *args, **kwargs)
        except BaseException:
            self._count_down()
            raise
        future.add_done_callback(self._count_down)
        return future

    def _adjust_thread_count(self) -> None:
        """Start a thread if one is wanted; where the system has none, the call waits for another.

        An error from here would end grpcio's own thread, and with it the server.
        """
        try:
            super()._adjust_thread_count()
        except RuntimeError as exc:
            logger.warning("No further thread could be started: %s", exc)

    def _count_down(self, _future: "Future[Any] | None" = None) -> None:
        with self._counting:
            self.unfinished -= 1


class Pools:
    """The pools of a server.

    Attributes:
        data: For what asks a model; `max_requests` of them run or wait at a time.
        control: For health, status and metadata.
        reload: For changes of the configuration, which wait for models.
    """

    def __init__(self, data_threads: int, max_requests: int) -> None:
        """Prepare; threads start on demand.

        Args:
            data_threads: Most threads that ask models.
            max_requests: Requests to models beyond which others are refused.
        """
        self.data = CountingPool(data_threads, "grpc")
        self.control = ThreadPoolExecutor(_CONTROL_THREADS, thread_name_prefix="grpc-control")
        self.reload = ThreadPoolExecutor(_RELOAD_THREADS, thread_name_prefix="grpc-reload")
        self._max_requests = max_requests

    def is_full(self) -> bool:
        """Return whether new requests to models are refused."""
        return self.data.unfinished >= self._max_requests


class LimitedHandlers(grpc.GenericRpcHandler):
    """Handlers of which those that ask models are refused while too many of them are at work."""

    def __init__(self, handlers: grpc.GenericRpcHandler, limited: set[str], pools: Pools) -> None:
        """Wrap handlers.

        Args:
            handlers: Those of a service.
            limited: Full names of the methods that ask models, such as `/package.Service/Method`.
            pools: Know how many are at work.
        """
        self._handlers = handlers
        self._limited = limited
        self._pools = pools
        self._refusal: Any = grpc.stream_unary_rpc_method_handler(on_pool(_refuse, pools.control))

    def service(self, handler_call_details: Any) -> Any:
        """Return the handler of a call; None for the methods of other services."""
        if handler_call_details.method in self._limited and self._pools.is_full():
            return self._refusal
        return self._handlers.service(handler_call_details)


def on_pool(behavior: Callable[..., Any], pool: ThreadPoolExecutor) -> Callable[..., Any]:
    """Let a method run in a pool of its own.

    Args:
        behavior: What answers its calls.
        pool: The pool.

    Returns:
        The same with grpcio's attribute.
    """

    @functools.wraps(behavior)
    def answer(*arguments: Any) -> Any:
        return behavior(*arguments)

    answer.experimental_thread_pool = pool  # type: ignore[attr-defined]
    return answer


def _refuse(_requests: Any, context: Any) -> None:
    """Refuse a call; as a stream of requests, its message is not waited for."""
    context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "Concurrent RPC limit exceeded!")
