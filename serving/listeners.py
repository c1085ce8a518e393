"""The ports: REST on uvicorn in a thread, gRPC on its own threads, both over one data plane."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import uvicorn

from serving.capture.recorder import Recorder
from serving.data_plane import DataPlane
from serving.errors import Code, ServingError, SettingsError
from serving.grpc_api.options import GrpcOptions
from serving.observing.observer import Observer, Tracer
from serving.rest.app import create_app
from serving.rest.http.protocol import http_protocol_class
from serving.rest.options import RestOptions
from serving.settings import ServerSettings

_TICK_S = 0.02
_BACKLOG = 2048
_HEAD_TIMEOUT_S = 30.0
_INVOCATION_S = 60.0  # how long SageMaker waits for an answer
_MAX_HEAD_BYTES = 64 * 1024
_MS = 1000


@dataclass(frozen=True)
class Instruments:
    """What watches the requests.

    Attributes:
        observer: Told about each of them.
        tracer: Opens a span for each of them.
        metrics_path: REST path of the metrics; None has none.
        render_metrics: Returns the metrics; None has none.
        read_counter: Returns a counter's value by its name; None if there is none.
        recorder: Captures them; None captures none.
    """

    observer: Observer
    tracer: Tracer
    metrics_path: str | None = None
    render_metrics: Callable[[], bytes] | None = None
    read_counter: Callable[[str], int | None] = lambda _name: None
    recorder: Recorder | None = None


class Listeners:
    """Opens and closes the ports of a server.

    Attributes:
        grpc_address: `host:port`, once open.
        rest_address: `host:port`, once open; None without REST.
        sagemaker_address: `host:port`, once open; None without that port.
    """

    def __init__(
        self, plane: DataPlane, settings: ServerSettings, instruments: Instruments
    ) -> None:
        """Prepare; `open` does the work.

        Args:
            plane: The models to answer for.
            settings: Addresses, limits and grace time.
            instruments: What watches the requests.

        Raises:
            SettingsError: If the certificates cannot be used.
        """
        self.grpc_address = ""
        self.rest_address: str | None = None
        self.sagemaker_address: str | None = None
        self._plane = plane
        self._settings = settings
        self._instruments = instruments
        self._credentials = _credentials(settings.ssl_config_file)
        self._grpc: Any = None
        self._http: list[_RestServer] = []

    def open(self) -> None:
        """Open the ports; requests are answered when this returns.

        Raises:
            SettingsError: If gRPC itself takes no such certificates.
            ServingError: UNAVAILABLE, if a port cannot be opened; none is open then.
        """
        settings = self._settings
        with ExitStack() as stack:
            rest = _listen_if(settings.host, settings.rest_api_port, "REST", stack)
            sagemaker = _listen_if(settings.host, settings.sagemaker_port, "SageMaker", stack)
            self._open_grpc()
            stack.pop_all()
        if rest is not None:
            self.rest_address = self._serve(self._rest_app(), rest)
        if sagemaker is not None:
            self.sagemaker_address = self._serve(self._sagemaker_app(), sagemaker)

    def _serve(self, app: Any, listener: socket.socket) -> str:
        """Serve an application; return its address."""
        server = _RestServer(app, listener, self._settings)
        self._http.append(server)
        server.start()
        return _address(self._settings.host, listener.getsockname()[1])

    def close(self) -> None:
        """Refuse new connections and let requests in flight finish within the grace time."""
        grace_s = self._settings.shutdown_grace_s
        drained = self._grpc.stop(grace_s) if self._grpc is not None else None
        for server in self._http:
            server.ask_to_stop()
        for server in self._http:
            server.wait(grace_s)
        if drained is not None:
            drained.wait(grace_s + 1)

    def _sagemaker_app(self) -> Any:
        from serving.invocations.app import create_invocations_app
        from serving.invocations.dialect import InvocationOptions

        instruments, settings = self._instruments, self._settings
        rest = replace(self._rest_options(), timeout_s=_INVOCATION_S, enable_cors=False)
        check = settings.enable_signature_method_name_check
        return create_invocations_app(
            self._plane,
            rest,
            InvocationOptions(settings.response_keys, check, settings.enable_reload_config),
            instruments.observer,
            instruments.tracer,
            instruments.recorder,
        )

    def _rest_app(self) -> Any:
        instruments = self._instruments
        return create_app(
            self._plane,
            self._rest_options(),
            instruments.observer,
            instruments.tracer,
            instruments.render_metrics,
            instruments.recorder,
        )

    def _rest_options(self) -> RestOptions:
        settings = self._settings
        return RestOptions(
            timeout_s=settings.rest_api_timeout_in_ms / _MS,
            num_threads=settings.rest_api_num_threads or settings.max_concurrent_requests,
            max_request_bytes=settings.max_request_bytes,
            max_concurrent_requests=settings.max_concurrent_requests,
            enable_cors=settings.rest_api_enable_cors_support,
            metrics_path=self._instruments.metrics_path,
            check_method_names=settings.enable_signature_method_name_check,
        )

    def _open_grpc(self) -> None:
        from serving.grpc_api.server import create_grpc_server

        settings, instruments = self._settings, self._instruments
        server = create_grpc_server(
            self._plane,
            self._grpc_options(),
            instruments.observer,
            instruments.tracer,
            instruments.read_counter,
            instruments.recorder,
        )
        port = self._bind(server)
        self.grpc_address = _address(settings.host, port)
        if settings.grpc_socket_path:
            _add_port(server, f"unix:{settings.grpc_socket_path}", None)
        server.start()
        self._grpc = server

    def _grpc_options(self) -> GrpcOptions:
        settings = self._settings
        return GrpcOptions(
            max_threads=settings.grpc_max_threads or settings.max_concurrent_requests,
            max_concurrent_requests=settings.max_concurrent_requests,
            max_request_bytes=settings.max_request_bytes,
            channel_arguments=tuple(filter(None, settings.grpc_channel_arguments.split(","))),
            serialize_as_tensor_content=settings.enable_serialization_as_tensor_content,
            enable_health_check=settings.enable_grpc_healthcheck_service,
            enable_profiler=settings.enable_profiler,
            check_method_names=settings.enable_signature_method_name_check,
            enable_reload=settings.enable_reload_config,
        )

    def _bind(self, server: Any) -> int:
        """Add the port; if that fails, find out why: gRPC has one error for everything."""
        settings = self._settings
        try:
            return _add_port(server, _address(settings.host, settings.port), self._credentials)
        except ServingError as exc:
            _listen(settings.host, settings.port, "gRPC").close()
            if self._credentials is not None:
                raise SettingsError(
                    f"{settings.ssl_config_file}: gRPC cannot use this key and certificate."
                ) from exc
            raise


def _credentials(file: Path | None) -> Any:
    if file is None:
        return None
    from serving.grpc_api.tls import read_credentials

    return read_credentials(file)


def _add_port(server: Any, wanted: str, credentials: Any) -> int:
    """Add a port to a gRPC server; return its number."""
    try:
        if credentials is None:
            port: int = server.add_insecure_port(wanted)
        else:
            port = server.add_secure_port(wanted, credentials)
    except RuntimeError as exc:
        raise ServingError(Code.UNAVAILABLE, f"Cannot listen on {wanted} for gRPC: {exc}") from exc
    return port


class _RestServer:
    """Uvicorn in a thread of its own, on a socket that listens already."""

    def __init__(self, app: Any, listener: socket.socket, settings: ServerSettings) -> None:
        keep_alive_s = settings.rest_api_keep_alive_s
        config = uvicorn.Config(
            app,
            http=http_protocol_class(_HEAD_TIMEOUT_S, _MAX_HEAD_BYTES, keep_alive_s),
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=max(1, round(settings.shutdown_grace_s)),
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="rest", daemon=True
        )

    def start(self) -> None:
        """Start serving; return when requests are answered, or raise ServingError."""
        self._thread.start()
        while self._thread.is_alive() and not self._server.started:
            time.sleep(_TICK_S)
        if not self._server.started:
            raise ServingError(Code.UNAVAILABLE, "The REST server ended while it started.")

    def ask_to_stop(self) -> None:
        """Refuse new connections; requests in flight go on."""
        self._server.should_exit = True

    def wait(self, grace_s: float) -> None:
        """Wait for the requests in flight."""
        self._thread.join(grace_s + 1)


def _listen_if(host: str, port: int | None, what: str, stack: ExitStack) -> socket.socket | None:
    """Listen where there is a port; the stack closes it again if something fails."""
    return None if port is None else stack.enter_context(_listen(host, port, what))


def _listen(host: str, port: int, what: str = "REST") -> socket.socket:
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
            Code.UNAVAILABLE, f"Cannot listen on {_address(host, port)} for {what}: {exc.strerror}."
        ) from exc


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
