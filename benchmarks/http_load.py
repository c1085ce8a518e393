"""A load generator that costs little: prepared requests over plain sockets, in one event loop."""

import asyncio
import itertools
import os
import re
import resource
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
HTTP_OK = 200
MS = 1000
DRAIN_LIMIT_S = 60.0
DRAIN_POLL_S = 0.01

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"connection:\s*close", re.IGNORECASE)


class LoadError(RuntimeError):
    """A server refused a request, or hung up on one."""


@dataclass(frozen=True)
class Answer:
    """A complete HTTP answer."""

    status: int
    body: bytes
    closes: bool


@dataclass
class Load:
    """What a run of the clients has seen.

    Attributes:
        seconds: Wall time.
        latencies_ms: Of each answer.
        client_seconds: CPU time of this process.
    """

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    client_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Return answers per second."""
        return len(self.latencies_ms) / self.seconds

    @property
    def client_share(self) -> float:
        """Return the clients' part of all cores' time, 0 to 1."""
        return self.client_seconds / (self.seconds * len(os.sched_getaffinity(0)))


def post(path: str, body: bytes) -> bytes:
    """Write a POST request.

    Args:
        path: Path of the URL.
        body: JSON.

    Returns:
        All bytes of the request.
    """
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def read_answer(received: bytes) -> Answer | None:
    """Read an answer with a Content-Length.

    Args:
        received: The bytes so far.

    Returns:
        The answer, or None while bytes are missing.
    """
    head, end, body = received.partition(_HEAD_END)
    length = _LENGTH.search(head)
    if not end or length is None or len(body) < int(length[1]):
        return None
    return Answer(int(head.split(b" ", 2)[1]), body, _CLOSES.search(head) is not None)


def run_load(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Keep as many requests in flight as there are connections; each next one follows an answer.

    Args:
        port: Of the server on this machine.
        requests: As `post` writes them; sent in order, again and again.
        connections: How many.
        seconds: How long.

    Returns:
        Answers that came in time, and what they cost the clients.

    Raises:
        LoadError: If an answer is not 200, or a connection is lost.
    """
    return asyncio.run(_Clients(port, requests, seconds).run(connections))


def ask(port: int, request: bytes) -> Answer:
    """Send one request.

    Args:
        port: Of the server on this machine.
        request: As `post` writes it.

    Returns:
        The answer.

    Raises:
        LoadError: If the server hangs up.
    """
    import socket

    received = b""
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(request)
        while (answer := read_answer(received)) is None:
            chunk = connection.recv(65536)
            if not chunk:
                raise LoadError("The server hung up.")
            received += chunk
    return answer


class _Clients:
    """The connections of one run."""

    def __init__(self, port: int, requests: Sequence[bytes], seconds: float) -> None:
        self.load = Load()
        self.requests: Iterator[bytes] = itertools.cycle(requests)
        self._port = port
        self._seconds = seconds
        self._end = 0.0
        self._failure: asyncio.Future[None] | None = None
        self.connections: set[_Connection] = set()
        self._reopening: list[asyncio.Task[None]] = []

    async def run(self, connections: int) -> Load:
        """Open the connections and wait for the end."""
        loop = asyncio.get_running_loop()
        self._failure = loop.create_future()
        begin, cpu = time.perf_counter(), _cpu_seconds()
        self._end = begin + self._seconds
        try:
            for _ in range(connections):
                await self.open()
            done, _ = await asyncio.wait([self._failure], timeout=self._end - time.perf_counter())
            self.load.seconds = time.perf_counter() - begin
            self.load.client_seconds = _cpu_seconds() - cpu
            if done:
                self._failure.result()
            await self._drain()
        finally:
            await self._hang_up()
        return self.load

    async def _drain(self) -> None:
        """Wait for the last answers: a server that still computes them would slow the next run."""
        end = time.perf_counter() + DRAIN_LIMIT_S
        while any(each.waiting for each in self.connections) and time.perf_counter() < end:
            await asyncio.sleep(DRAIN_POLL_S)

    async def _hang_up(self) -> None:
        """Close all connections; a transport needs a turn of the loop for that."""
        await asyncio.gather(*self._reopening)
        for each in tuple(self.connections):
            each.close()
        while self.connections:
            await asyncio.sleep(DRAIN_POLL_S)

    async def open(self) -> None:
        """Open one connection."""
        await asyncio.get_running_loop().create_connection(
            lambda: _Connection(self), HOST, self._port
        )

    def reopen(self) -> None:
        """Open one in place of one that the server closes after each answer."""
        if not self.over:
            self._reopening.append(asyncio.get_running_loop().create_task(self._open_again()))

    async def _open_again(self) -> None:
        """Open one more, or end the run."""
        try:
            await self.open()
        except OSError as exc:
            self.fail(f"The server takes no more connections: {exc}")

    @property
    def over(self) -> bool:
        """Tell whether the time is up."""
        return time.perf_counter() >= self._end

    def fail(self, message: str) -> None:
        """End the run."""
        if self._failure is not None and not self._failure.done() and not self.over:
            self._failure.set_exception(LoadError(message))


class _Connection(asyncio.Protocol):
    """One client: sends a request, waits for its answer, sends the next."""

    def __init__(self, clients: _Clients) -> None:
        self._clients = clients
        self._received = b""
        self._start = 0.0
        self.waiting = False
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self._transport = transport
        self._clients.connections.add(self)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Note an answer that is complete; send the next request."""
        self._received += data
        answer = read_answer(self._received)
        if answer is None:
            return
        self._received, self.waiting = b"", False
        if answer.status != HTTP_OK:
            self._clients.fail(f"HTTP {answer.status}: {answer.body[:200]!r}")
            return
        if not self._clients.over:
            self._clients.load.latencies_ms.append((time.perf_counter() - self._start) * MS)
        if answer.closes:
            self._transport.close()
            self._clients.reopen()
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Complain if an answer was due."""
        self._clients.connections.discard(self)
        if self.waiting:
            self._clients.fail(f"The server hung up: {exc}")

    def close(self) -> None:
        """Hang up."""
        self.waiting = False
        self._transport.close()

    def _send(self) -> None:
        if self._clients.over:
            return
        self.waiting = True
        self._start = time.perf_counter()
        self._transport.write(next(self._clients.requests))


def _cpu_seconds() -> float:
    """Return the CPU time of this process, its threads counted."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
