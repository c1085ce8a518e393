"""A gRPC server whose health service follows its life."""

from collections.abc import Iterable
from typing import Any, Protocol

import grpc


class Health(Protocol):
    """What follows the server's life."""

    def start(self) -> None:
        """Take note of the start."""

    def stop(self) -> None:
        """Answer NOT_SERVING and end all streams."""


class DrainingServer(grpc.Server):
    """Passes everything on to a `grpc.Server`; health starts before it and stops before it.

    A stream of health's Watch never ends by itself, and `grpc.Server.stop` waits for streams.
    """

    def __init__(self, server: Any, health: Health) -> None:
        self._server = server
        self._health = health

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Iterable[Any]) -> None:
        """Register handlers."""
        self._server.add_generic_rpc_handlers(generic_rpc_handlers)

    def add_insecure_port(self, address: str) -> int:
        """Open a plain port; return its number."""
        port: int = self._server.add_insecure_port(address)
        return port

    def add_secure_port(self, address: str, server_credentials: Any) -> int:
        """Open an encrypted port; return its number."""
        port: int = self._server.add_secure_port(address, server_credentials)
        return port

    def start(self) -> None:
        """Start serving."""
        self._health.start()
        self._server.start()

    def stop(self, grace: float | None) -> Any:
        """Refuse new requests; return an event that is set when the last one has ended."""
        self._health.stop()
        return self._server.stop(grace)

    def wait_for_termination(self, timeout: float | None = None) -> bool:
        """Wait until the server has stopped; return whether the time was up first."""
        timed_out: bool = self._server.wait_for_termination(timeout=timeout)
        return timed_out
