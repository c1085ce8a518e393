"""Older and unusual forms of HTTP that some clients send."""

from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def head_without_upgrade(
    method: bytes, url: bytes, version: str, headers: Sequence[tuple[bytes, bytes]]
) -> bytes:
    """Write a request's head again, without the offer to change to another protocol.

    Args:
        method: Such as `POST`.
        url: The request's target as sent.
        version: Such as `1.1`.
        headers: Names in lower case, and values.

    Returns:
        The head with its empty line.

    Source:
        RFC 9110, section 7.8: a server may ignore `Upgrade` and go on in HTTP/1.1.
    """
    lines = [b"%b %b HTTP/%b" % (method, url, version.encode("ascii"))]
    lines += [b"%b: %b" % (name, value) for name, value in headers if name != b"upgrade"]
    return b"\r\n".join([*lines, b"", b""])


def announce_keep_alive(app: ASGIApp, is_kept: Callable[[], bool]) -> ASGIApp:
    """Tell an HTTP/1.0 client that its connection stays open, which it takes for closed else.

    Args:
        app: Answers the request.
        is_kept: Whether the connection will stay open, asked when the answer begins.

    Returns:
        An application that adds `Connection: keep-alive` to answers without such a header.

    Source:
        RFC 9112, appendix C.2.2.
    """

    async def announcing_app(scope: Scope, receive: Receive, send: Send) -> None:
        async def announcing_send(message: Message) -> None:
            if message["type"] == "http.response.start" and is_kept():
                headers = list(message["headers"])
                if all(name != b"connection" for name, _ in headers):
                    headers.append((b"connection", b"keep-alive"))
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, announcing_send)

    return announcing_app
