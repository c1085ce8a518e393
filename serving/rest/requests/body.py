"""Reads and gunzips request bodies within limits of size and time."""

import asyncio
import zlib

import async_timeout
from starlette.types import Receive

from serving.errors import Code, ServingError
from serving.rest.options import RestOptions
from serving.rest.requests.admission import Ticket

_MAX_INFLATED = 100 * 1024 * 1024  # bytes; upstream's limit for gzip bodies
_STEP = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WBITS = zlib.MAX_WBITS | 16  # 16: expect a gzip header


class BodyTooLargeError(ServingError):
    """A body beyond the limit (HTTP 413)."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            Code.RESOURCE_EXHAUSTED, f"The request body is larger than the limit of {limit} bytes"
        )

    @property
    def http_status(self) -> int:
        """Return 413."""
        return 413


class BodyTimeoutError(ServingError):
    """A body that does not arrive (HTTP 408)."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(
            Code.DEADLINE_EXCEEDED, f"The request body did not arrive within {timeout_s:g} s"
        )

    @property
    def http_status(self) -> int:
        """Return 408."""
        return 408


class ClientGoneError(ServingError):
    """The client closed the connection and will read no answer."""

    def __init__(self) -> None:
        super().__init__(Code.CANCELLED, "The client closed the connection")


async def read_body(
    receive: Receive, declared: int | None, ticket: Ticket, options: RestOptions
) -> bytes:
    """Read a request's body.

    Args:
        receive: ASGI's source of the body.
        declared: The size that the head announces, bytes; None for chunked bodies.
        ticket: Counts the bytes.
        options: Limits of size and time.

    Returns:
        The body as sent.

    Raises:
        BodyTooLargeError: If it is, as announced or as sent.
        BodyTimeoutError: If it takes too long.
        ClientGoneError: If the rest will never come.
        OverloadedError: If all bodies together grow too large.
    """
    if declared is not None and declared > options.max_request_bytes:
        raise BodyTooLargeError(options.max_request_bytes)
    try:
        async with async_timeout.timeout(options.timeout_s):
            return await _collect(receive, ticket, options.max_request_bytes)
    except asyncio.TimeoutError as exc:
        raise BodyTimeoutError(options.timeout_s) from exc


async def _collect(receive: Receive, ticket: Ticket, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise BodyTooLargeError(limit)
        ticket.add_bytes(len(chunk))
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def gunzip(body: bytes, ticket: Ticket, max_request_bytes: int) -> bytes:
    """Undo gzip; as upstream, a body that cannot be inflated counts as empty.

    Args:
        body: One or more gzip members; what follows the last one is ignored.
        ticket: Counts the bytes.
        max_request_bytes: Largest size of the result.

    Returns:
        The inflated body; empty for bad gzip and beyond upstream's 100 MiB.

    Raises:
        BodyTooLargeError: If the result is larger than our own limit.
        OverloadedError: If all bodies together grow too large.
    """
    chunks: list[bytes] = []
    size = 0
    inflater = zlib.decompressobj(wbits=_GZIP_WBITS)
    try:
        while True:
            chunk = inflater.decompress(body, _STEP)
            size += len(chunk)
            if size > max_request_bytes:
                raise BodyTooLargeError(max_request_bytes)
            if size > _MAX_INFLATED:
                return b""
            ticket.add_bytes(len(chunk))
            chunks.append(chunk)
            if inflater.eof:
                body = inflater.unused_data
                if not body.startswith(_GZIP_MAGIC):
                    return b"".join(chunks)
                inflater = zlib.decompressobj(wbits=_GZIP_WBITS)
            else:
                body = inflater.unconsumed_tail
                if not body and not chunk:
                    return b""  # cut off
    except zlib.error:
        return b""
