"""A REST server on a real socket, in a thread of the test's process; and raw HTTP clients."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import uvicorn

from serving.rest.http.protocol import http_protocol_class

_HOST = "127.0.0.1"
_TIMEOUT_S = 30


@contextmanager
def serve(
    app: Any,
    head_timeout_s: float = 10.0,
    keep_alive_s: float = 75.0,
    loop: Literal["auto", "asyncio"] = "auto",
) -> Iterator[str]:
    """Serve an app; yields its base URL."""
    with socket.create_server((_HOST, 0), backlog=512) as listener:
        port = listener.getsockname()[1]
        config = uvicorn.Config(
            app,
            http=http_protocol_class(head_timeout_s, keep_alive_s=keep_alive_s),
            loop=loop,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield f"http://{_HOST}:{port}"
        finally:
            server.should_exit = True
            thread.join(_TIMEOUT_S)
            assert not thread.is_alive()


def connect(url: str) -> socket.socket:
    """Open a connection to a server by its base URL."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=_TIMEOUT_S)


def read_until_closed(connection: socket.socket) -> bytes:
    """Return all that a server sends before it closes the connection."""
    received = b""
    while True:
        try:
            data = connection.recv(65536)
        except ConnectionResetError:
            return received
        if not data:
            return received
        received += data


def read_answer(connection: socket.socket) -> bytes:
    """Return one answer, head and body, of a connection that stays open."""
    received = b""
    while b"\r\n\r\n" not in received:
        data = connection.recv(65536)
        assert data, received
        received += data
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:])
    length = int(fields[b"content-length"])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
