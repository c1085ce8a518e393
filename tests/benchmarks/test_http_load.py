"""The load generator against a server whose answers are counted."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.http_load import LoadError, ask, post, read_answer, run_load


@contextmanager
def server(status: int = 200, keeps: bool = True) -> Iterator[tuple[int, list[bytes]]]:
    """Run a server; give its port and the bodies that came in."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("content-length", "2")
            if not keeps:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    opened = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=opened.serve_forever)
    thread.start()
    try:
        yield opened.server_address[1], bodies
    finally:
        opened.shutdown()
        thread.join()
        opened.server_close()


@pytest.mark.parametrize("keeps", [True, False], ids=["keep-alive", "close"])
def test_every_answer_in_time_is_counted(keeps: bool) -> None:
    with server(keeps=keeps) as (port, bodies):
        load = run_load(port, [post("/a", b"one"), post("/b", b"two!")], 3, 0.3)

    assert 6 < len(load.latencies_ms) <= len(bodies) <= len(load.latencies_ms) + 3
    assert load.rate == pytest.approx(len(load.latencies_ms) / load.seconds)
    assert 0 < load.client_share <= 1


def test_requests_are_sent_in_order_and_again() -> None:
    with server() as (port, bodies):
        run_load(port, [post("/", b"1"), post("/", b"2"), post("/", b"3")], 1, 0.2)

    wanted = itertools.islice(itertools.cycle([b"1", b"2", b"3"]), len(bodies))
    assert bodies == list(wanted)


def test_a_refusal_ends_the_run() -> None:
    with server(status=503) as (port, _), pytest.raises(LoadError, match="503"):
        run_load(port, [post("/", b"{}")], 2, 5.0)


def test_a_single_request_gives_its_answer() -> None:
    with server() as (port, _):
        answer = ask(port, post("/", b"{}"))

    assert (answer.status, answer.body) == (200, b"ok")


def test_an_answer_is_complete_with_its_last_byte() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"

    assert [read_answer(whole[:length]) for length in range(len(whole))] == [None] * len(whole)
    found = read_answer(whole)
    assert found is not None
    assert found.body == b"abc"
