"""HTTP answers, sent straight over ASGI; a framework would cost more on every request."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import Send

from serving.errors import Code, ServingError
from serving.rest.json.writer import encode_text, write_json
from serving.rest.routes import VersionOverflowError

Headers = tuple[tuple[bytes, bytes], ...]

JSON = b"application/json"
HTML = b"text/html; charset=ISO-8859-1"
TEXT = b"text/plain; charset=utf-8"
_CLOSE: Headers = ((b"connection", b"close"),)
_NOT_FOUND_PAGE = (
    b"<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>\n</HEAD>"
    b"<BODY>\n<H1>Not Found</H1>\n</BODY></HTML>\n"
)
_REQUEST_TIMEOUT = 408
_SERVICE_UNAVAILABLE = 503


@dataclass(frozen=True)
class Reply:
    """One HTTP answer.

    Attributes:
        status: The HTTP status.
        content: The body.
        media_type: Its type.
        headers: More headers.
        code: The canonical code that the status stands for.
        version: The model version that answered, if one did.
    """

    status: int
    content: bytes
    media_type: bytes = JSON
    headers: Headers = field(default=())
    code: Code = Code.OK
    version: int | None = None

    async def send(self, send: Send, more_headers: Headers = ()) -> None:
        """Send the answer.

        Args:
            send: ASGI's sink.
            more_headers: Headers beside the reply's own.
        """
        headers = [
            (b"content-type", self.media_type),
            (b"content-length", b"%d" % len(self.content)),
            *self.headers,
            *more_headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.content})


NOT_FOUND = Reply(404, _NOT_FOUND_PAGE, b"text/html", _CLOSE)


def error_reply(error: ServingError) -> Reply:
    """Return the answer that reports an error.

    Args:
        error: What happened.

    Returns:
        `{"error": <message>}`; empty for a version number beyond int64, as upstream.
    """
    content = b""
    if not isinstance(error, VersionOverflowError):
        content = encode_text(write_json({"error": error.message}))
    status = error.http_status
    headers = _ERROR_HEADERS.get(status, ())
    return Reply(status, content, headers=headers, code=error.code)


# A body that has not arrived leaves the connection in the middle of a request.
_ERROR_HEADERS: Mapping[int, Headers] = {
    _REQUEST_TIMEOUT: _CLOSE,
    _SERVICE_UNAVAILABLE: ((b"retry-after", b"1"),),
}
