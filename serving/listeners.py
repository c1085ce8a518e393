"""The ports: REST on uvicorn in a thread, gRPC on its own threads, both over one data plane."""

import socket
import threading
import time
from typing import Any

import uvicorn

from serving.data_plane import DataPlane
from serving.errors import Code, ServingError
from serving.rest import create_app
from serving.settings import ServerSettings
from serving.tensorflow_runtime import load_tensorflow

_TICK_S = 0.02
_BACKLOG = 2048


class Listeners:
    """Opens and closes the ports of a server.

    Attributes:
        grpc_address: `host:port`, once open.
        rest_address: `host:port`, once open; None without REST.
    """

    def __init__(self, plane: DataPlane, settings: ServerSettings) -> None:
        """Prepare; `open` does the work.

        Args:
            plane: The models to answer for.
            settings: Host, ports and grace time.
        """
        self.grpc_address = ""
        self.rest_address: str | None = None
        self._plane = plane
        self._settings = settings
        self._grpc: Any = None
        self._rest: _RestServer | None = None

    def open(self) -> None:
        """Open both ports; requests are answered when this returns.

        Raises:
            ServingError: UNAVAILABLE, if a port cannot be opened; none is open then.
        """
        settings = self._settings
        listener = None
        if settings.rest_api_port is not None:
            listener = _listen(settings.host, settings.rest_api_port)
        try:
            self._open_grpc()
        except ServingError:
            if listener is not None:
                listener.close()
            raise
        if listener is not None:
            self.rest_address = _address(settings.host, listener.getsockname()[1])
            self._rest = _RestServer(create_app(self._plane), listener, settings.shutdown_grace_s)
            self._rest.start()

    def close(self) -> None:
        """Refuse new connections and let requests in flight finish within the grace time."""
        grace_s = self._settings.shutdown_grace_s
        drained = self._grpc.stop(grace_s) if self._grpc is not None else None
        if self._rest is not None:
            self._rest.stop(grace_s)
        if drained is not None:
            drained.wait(grace_s + 1)

    def _open_grpc(self) -> None:
        load_tensorflow()  # before the protos below, which would import it with all its noise
        from serving.grpc_services import create_grpc_server

        server = create_grpc_server(self._plane)
        wanted = _address(self._settings.host, self._settings.port)
        try:
            port = server.add_insecure_port(wanted)
        except RuntimeError as exc:
            raise ServingError(Code.UNAVAILABLE, f"Cannot listen on {wanted} for gRPC.") from exc
        self.grpc_address = _address(self._settings.host, port)
        server.start()
        self._grpc = server


class _RestServer:
    """Uvicorn in a thread of its own, on a socket that listens already."""

    def __init__(self, app: Any, listener: socket.socket, grace_s: float) -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=max(1, round(grace_s)),
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="rest", daemon=True
        )

    def start(self) -> None:
        """Start serving; returns when requests are answered."""
        self._thread.start()
        while self._thread.is_alive() and not self._server.started:
            time.sleep(_TICK_S)

    def stop(self, grace_s: float) -> None:
        """Refuse new connections and wait for the requests in flight."""
        self._server.should_exit = True
        self._thread.join(grace_s + 1)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY on the connections; without it every answer
    # waits 40 ms for the client's delayed ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        return listener
    except OSError as exc:
        listener.close()
        raise ServingError(
            Code.UNAVAILABLE, f"Cannot listen on {_address(host, port)} for REST: {exc.strerror}."
        ) from exc


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
