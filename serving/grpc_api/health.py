"""`grpc.health.v1.Health`: SERVING only while no configured model is missed.

The package's own servicer is not used: it sends to watchers while it holds a lock that gRPC's
thread asks for when a watcher leaves, and then neither goes on.

Source:
    gRPC, `doc/health-checking.md`; TensorFlow Serving, `model_servers/server.cc` (service names).
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from serving.grpc_api.pools import on_pool

_SERVICES = frozenset({"", "ModelService", "PredictionService"})
_STATUS = health_pb2.HealthCheckResponse
_TICK_S = 0.5
_STOP_LIMIT_S = 2.0

Send = Callable[[Any], None]


@dataclass(eq=False)
class _Stream:
    """One watcher; only the service's thread sends to it.

    Attributes:
        service: What it watches.
        send: Sends an answer; None ends the stream.
        shown: The status that it was sent last.
    """

    service: str
    send: Send
    shown: int | None = None

    def show(self, status: int) -> None:
        """Send a status unless it is known already."""
        if status != self.shown:
            self.shown = status
            self.send(_STATUS(status=status))


class HealthService(health_pb2_grpc.HealthServicer):
    """Check asks the data plane; watchers are told of changes by one thread.

    Streams of Watch take no thread each, and end when the server drains: they would hold up the
    stop otherwise.
    """

    def __init__(self, is_ready: Callable[[], bool]) -> None:
        """Prepare; `start` starts the thread.

        Args:
            is_ready: Whether no model is missed; see `ModelRegistry.missed`.
        """
        self._is_ready = is_ready
        self._streams: set[_Stream] = set()
        self._changing = threading.Lock()  # of streams and `_closed`; never held while sending
        self._wake = threading.Event()
        self._stopping = False
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="grpc-health", daemon=True)

    def register(self, server: Any, pool: ThreadPoolExecutor) -> None:
        """Add the service to a `grpc.Server`.

        Args:
            server: The server, not yet started.
            pool: Where its calls run.
        """
        for name in ("Check", "Watch"):
            setattr(self, name, on_pool(getattr(self, name), pool))
        health_pb2_grpc.add_HealthServicer_to_server(self, server)

    def start(self) -> None:
        """Start telling watchers of changes."""
        self._thread.start()

    def stop(self) -> None:
        """Answer NOT_SERVING from now on and end the streams."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_LIMIT_S)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        """Answer `Check`."""
        if request.service not in _SERVICES:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Unknown service: {request.service}")
        return _STATUS(status=self._status(request.service))

    def Watch(self, request: Any, context: Any, send: Send) -> None:  # noqa: N802 - gRPC's name
        """Answer `Watch`; the thread sends."""
        stream = _Stream(request.service, send)

        def forget() -> None:
            with self._changing:
                self._streams.discard(stream)

        with self._changing:
            closed = self._closed
            if not closed:
                self._streams.add(stream)
        if closed:
            send(None)
            return
        if not context.add_callback(forget):
            forget()
        self._wake.set()

    Watch.experimental_non_blocking = True  # type: ignore[attr-defined]

    def _status(self, service: str) -> int:
        if service not in _SERVICES:
            return int(_STATUS.SERVICE_UNKNOWN)
        ready = not self._stopping and self._is_ready()
        return int(_STATUS.SERVING if ready else _STATUS.NOT_SERVING)

    def _work(self) -> None:
        stopping = False
        while not stopping:
            self._wake.wait(_TICK_S)
            self._wake.clear()
            stopping = self._stopping
            self._tell()
        with self._changing:
            self._closed = True
            streams, self._streams = self._streams, set()
        for stream in streams:
            stream.send(None)

    def _tell(self) -> None:
        with self._changing:
            streams = list(self._streams)
        for stream in streams:
            stream.show(self._status(stream.service))
