"""`tensorflow.ProfilerService`: what TensorFlow does in the server while a client waits.

The trace goes to the client with the answer. Nothing is written on the server's disk, where a
request may name any folder.

Source:
    TensorFlow, `tsl/profiler/rpc/profiler_service_impl.cc`.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from serving.errors import Code, InvalidArgumentError, ServingError
from serving.grpc_api.calls import Call, Method
from serving.grpc_api.profiler_messages import PACKAGE, profiler_messages
from serving.runtime.extensions import load_extension
from serving.runtime.library import load_library
from serving.servables.callers import when_gone

SERVICE = f"{PACKAGE}.ProfilerService"
_EXTENSION = "tensorflow.python.profiler.internal._pywrap_profiler"
_XPLANE = "xplane.pb"  # under this name clients save the trace, and TensorBoard finds it
_MS = 1000
_MAX_MS = 600_000  # what is traced is kept in memory
_DEFAULT_LEVEL = 2


class ProfilerService:
    """The methods: each takes a request message and returns the answer or raises ServingError."""

    def __init__(self) -> None:
        self._messages = profiler_messages()
        self._busy = threading.Lock()  # TensorFlow has one session per process
        self._running: tuple[str, threading.Event] | None = None

    def methods(self, pool: ThreadPoolExecutor) -> list[Method]:
        """List the methods.

        Args:
            pool: Where they run.

        Returns:
            Two methods; `Monitor` is one that upstream does not implement either.
        """
        messages = self._messages
        return [
            Method(SERVICE, "Profile", messages.ProfileRequest, self.profile, pool),
            Method(SERVICE, "Terminate", messages.TerminateRequest, self.terminate, pool),
        ]

    def profile(self, request: Any, call: Call) -> Any:
        """Answer `Profile`: trace for the time asked for, or until the client leaves."""
        if request.duration_ms > _MAX_MS:
            raise InvalidArgumentError(
                f"duration_ms is {request.duration_ms}; at most {_MAX_MS} are traced."
            )
        if not self._busy.acquire(blocking=False):
            raise ServingError(Code.ALREADY_EXISTS, "Another profiling session is active.")
        try:
            trace = self._trace(request, call)
        finally:
            self._running = None
            self._busy.release()
        response = self._messages.ProfileResponse(empty_trace=not trace)
        if trace:
            response.tool_data.add(name=_XPLANE, data=trace)
        return response

    def terminate(self, request: Any, _call: Call) -> Any:
        """Answer `Terminate`: the session of that name ends, its trace goes to who started it."""
        name, ended = self._running or (None, None)
        if ended is None or name != request.session_id:
            raise ServingError(
                Code.NOT_FOUND,
                f"There is no profiling session {request.session_id!r}; active is {name!r}.",
            )
        ended.set()
        return self._messages.TerminateResponse()

    def _trace(self, request: Any, call: Call) -> bytes:
        load_library()  # which the extension records
        session = load_extension(_EXTENSION).ProfilerSession()
        ended = threading.Event()
        when_gone(ended.set)
        seconds = request.duration_ms / _MS
        if call.deadline is not None:
            seconds = min(seconds, call.deadline - time.monotonic())
        # The tracer of Python would slow down every call of the server.
        level = request.opts.host_tracer_level if request.opts.version else _DEFAULT_LEVEL
        session.start("", {"host_tracer_level": level, "python_tracer_level": 0})
        self._running = (request.session_id, ended)
        try:
            ended.wait(max(0.0, seconds))
        finally:
            trace = session.stop()
        return bytes(trace)
