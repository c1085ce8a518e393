"""Uvicorn's HTTP protocol with limits on what slow or endless clients can hold, and fewer demands.

A client that does not send its head, sends a head without end, or neither sends nor reads on after
the answer costs one socket, for a bounded time. Offers of another protocol (`Upgrade: h2c`) are
ignored. A client that has closed its sending side, or sends nonsense after good requests, gets the
answers to those. HTTP/1.0 connections stay open where the client asks for it.

Source:
    RFC 9110, section 7.8 (upgrades may be ignored); RFC 9112, sections 9.3 and 9.6.
"""

import asyncio
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serving.rest.http.tolerance import announce_keep_alive, head_without_upgrade

_LINGER_S = 2.0  # how long what still comes is read and dropped once the answer is out
_FLUSH_S = 300.0  # how long a client may take to read an answer
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\n"
    b"content-length: 31\r\n"
    b"connection: close\r\n\r\n"
    b"The request's head is too long."
)
_INVALID = (
    b"HTTP/1.1 400 Bad Request\r\n"
    b"content-type: text/plain; charset=utf-8\r\n"
    b"content-length: 30\r\n"
    b"connection: close\r\n\r\n"
    b"Invalid HTTP request received."
)


class LimitedHttpProtocol(HttpToolsProtocol):
    """Closes connections whose request heads are late or long; see `http_protocol_class`."""

    head_timeout_s = 10.0
    max_head_bytes = 64 * 1024
    keep_alive_s = 75.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timeout_keep_alive = self.keep_alive_s  # type: ignore[assignment]
        self._timer: asyncio.TimerHandle | None = None
        self._in_head = True
        self._begins_here = False  # the head, in the data that is being parsed
        self._in_body = False
        self._in_upgrade = False
        self._unfinished_bytes = 0
        self._last_words: bytes | None = None  # sent behind the last answer, then it closes
        self._lingers = False  # all is said, and what still comes is dropped

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first head."""
        super().connection_made(transport)
        self._start_timer(self.head_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; count and time a head that is not complete."""
        if self._is_deaf():
            return
        self._unset_keepalive_if_required()
        self._begins_here = False
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self._end(_INVALID)
        if self._in_head:  # the parser keeps to itself what it has not finished
            if not self._begins_here:  # else most of the data may be requests before it
                self._unfinished_bytes += len(data)
            self._check_head(self._unfinished_bytes)
            if self._timer is None:
                self._start_timer(self.head_timeout_s)
        elif not self._in_body and self._is_idle() and not self.transport.is_closing():
            self._wait_for_more()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer the requests that came whole: only the sending side may be closed."""
        if self._lingers:
            self._close()
        self._end(b"")
        return not self.transport.is_closing()

    def on_message_begin(self) -> None:
        """Begin to count a head."""
        super().on_message_begin()
        self._in_head = self._begins_here = True
        self._unfinished_bytes = 0

    def on_headers_complete(self) -> None:
        """Stop to wait; a head that is too long starts no request."""
        self._in_upgrade = self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"
        if self._in_upgrade:  # `_parse` sends the head through another parser
            return
        self._in_head = False
        self._stop_timer()
        self._check_head(len(self.url) + sum(len(name) + len(text) for name, text in self.headers))
        if not self._is_deaf():
            super().on_headers_complete()
            self._in_body = True
            if self.scope["http_version"] == "1.0":
                self.cycle.keep_alive = self.parser.should_keep_alive()
                self.cycle.waiting_for_100_continue = False

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body, unless its head was refused."""
        if not self._is_deaf():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Note the end of the body, which may have been dropped."""
        if self._is_deaf() or self._in_upgrade:
            return
        self._in_body = False
        self._stop_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Drop the rest of the body for a while: closing at once would lose the answer."""
        is_last = not self.pipeline
        super().on_response_complete()
        if self.transport.is_closing():
            self._abort_later()
        elif is_last and self._last_words is not None:
            self._close_with(self._last_words)
        elif is_last and self._in_body and self._is_idle():
            self._start_timer(_LINGER_S)

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, in bounded time even if the client does not read."""
        self._close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if cycle.scope["http_version"] == "1.0":
            app = announce_keep_alive(app, lambda: cycle.keep_alive)
        super()._start_asgi_task(cycle, app)

    def _parse(self, data: bytes) -> None:
        """Feed the parser, which stops behind each head that offers another protocol."""
        rest = memoryview(data)
        while rest:
            try:
                self.parser.feed_data(rest)
                return
            except httptools.HttpParserUpgrade as exc:
                rest = rest[exc.args[0] :]
            if self._in_upgrade:
                self._parse_again()

    def _parse_again(self) -> None:
        """Read such a head without its offer: who saw it takes the body for the new protocol."""
        method, version = self.parser.get_method(), self.parser.get_http_version()
        head = head_without_upgrade(method, self.url, version, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(head)

    def _end(self, last_words: bytes) -> None:
        """Accept no new requests; answer those that arrived completely, then close."""
        if self._is_deaf():
            return
        self._last_words = last_words
        if self._in_body and self.pipeline:  # the last one in the queue is cut off
            self.pipeline.popleft()
        elif self._in_body:
            self._close_with(b"" if self.cycle.response_started else last_words)
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif self._is_idle():
            self._close_with(last_words)

    def _is_deaf(self) -> bool:
        return self._last_words is not None or self.transport.is_closing()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait_for_more(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _check_head(self, size: int) -> None:
        if size > self.max_head_bytes:
            self._end(_TOO_LARGE)

    def _close_with(self, last_words: bytes) -> None:
        if not last_words or self.transport.is_closing():
            self._close()
            return
        self._lingers = True  # closed at once, the words would be lost if more is on its way
        self.transport.write(last_words)
        self.transport.write_eof()
        self.flow.resume_reading()
        self._start_timer(_LINGER_S)

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
            self._abort_later()

    def _abort_later(self) -> None:
        self._stop_timer()
        if self.parser is not None:  # else it is closed already
            self._timer = self.loop.call_later(_FLUSH_S, self.transport.abort)

    def _start_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, self._time_out)

    def _time_out(self) -> None:
        if self._lingers or self._is_idle():
            self._close()
        else:
            self._start_timer(self.head_timeout_s)  # a pipelined head must not cut off an answer

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def http_protocol_class(
    head_timeout_s: float, max_head_bytes: int = 64 * 1024, keep_alive_s: float = 75.0
) -> type[LimitedHttpProtocol]:
    """Return a protocol for uvicorn's `http` setting.

    Args:
        head_timeout_s: Longest time for a connection's first head to arrive, and for each further
            one from its first byte, seconds.
        max_head_bytes: Longest head; what is longer is answered 431.
        keep_alive_s: How long a connection stays open after an answer without a further request,
            seconds.

    Returns:
        The protocol with these limits.
    """
    limits = {
        "head_timeout_s": head_timeout_s,
        "max_head_bytes": max_head_bytes,
        "keep_alive_s": keep_alive_s,
    }
    return type("LimitedHttpProtocol", (LimitedHttpProtocol,), limits)
