"""Slow, endless and broken clients; after each, and during, others are answered."""

import contextlib
import gzip
import socket
from collections.abc import Callable

import pytest
import requests

from tests.serving.rest.conftest import Recorder, Start
from tests.serving.rest.models import Gate
from tests.serving.rest.servers import connect, read_answer, read_until_closed

TIMEOUT = 300
KIB = 1024
MIB = 1024 * KIB
HEAD = b"POST /v1/models/hp:predict HTTP/1.1\r\nHost: a\r\n"


def assert_alive(base: str) -> None:
    response = requests.post(
        f"{base}/v1/models/hp:predict", data=b'{"instances":[4.0]}', timeout=TIMEOUT
    )
    assert response.json() == {"predictions": [5.0]}


@pytest.mark.parametrize("sent", [b"", b"GET /v1/models/hp HTTP/1.1\r\nHost: a\r\nX: "])
def test_a_head_that_does_not_arrive_ends_the_connection(start: Start, sent: bytes) -> None:
    base = start(head_timeout_s=0.2)
    with connect(base) as connection:
        connection.sendall(sent)
        assert_alive(base)
        assert read_until_closed(connection) == b""
    assert_alive(base)


def test_the_second_head_of_a_connection_is_timed_as_well(start: Start) -> None:
    base = start(head_timeout_s=0.2)
    with connect(base) as connection:
        connection.sendall(b"GET /v1/models/hp HTTP/1.1\r\nHost: a\r\n\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /")
        assert read_until_closed(connection) == b""


def test_the_time_for_the_head_is_not_that_of_the_request(start: Start) -> None:
    base = start(head_timeout_s=0.1, timeout_s=0.5)
    with connect(base) as connection:
        connection.sendall(HEAD + b"Content-Length: 9\r\n\r\n")
        assert read_until_closed(connection).startswith(b"HTTP/1.1 408")  # not cut off before


def test_half_a_pipelined_head_does_not_cut_off_an_answer(start: Start, opened_gate: Gate) -> None:
    base = start(head_timeout_s=0.2)
    with connect(base) as connection:
        slow = _post(b'{"instances":[4.0]}').replace(b"/hp:", b"/slow:")
        connection.sendall(slow + b"GET /v1/")
        assert opened_gate.entered.acquire(timeout=TIMEOUT)
        with connect(base) as idle:  # closed for its missing head, so the other's time is up, too
            assert read_until_closed(idle) == b""
        opened_gate.opened.set()
        assert read_answer(connection).startswith(b"HTTP/1.1 200")
        assert read_until_closed(connection) == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"a" * 70 * KIB + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 70 * KIB + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: aaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 3000 + b"\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 700 * KIB,
        HEAD + b"Content-Length: 3\r\nX: " + b"a" * 70 * KIB + b"\r\n\r\nabc",
    ],
    ids=["path", "header", "many headers", "no end", "with a body"],
)
def test_long_heads_are_refused(start: Start, recorder: Recorder, sent: bytes) -> None:
    url = start(head_timeout_s=600)  # it is not the time that ends them
    with connect(url) as connection:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(sent)
        answer = read_until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert_alive(url)
    assert len(recorder.requests) == 1  # that of `assert_alive` alone


def test_heads_just_within_the_limit_pass(url: str) -> None:
    response = requests.get(f"{url}/v1/models/hp", headers={"X": "a" * 60 * KIB}, timeout=TIMEOUT)
    assert response.status_code == 200


def test_a_body_is_no_part_of_the_head(url: str) -> None:
    body = b'{"instances":[4.0]}'.ljust(MIB)
    with connect(url) as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % MIB)
        for start in range(0, MIB, 128 * KIB):
            connection.sendall(body[start : start + 128 * KIB])
        assert read_answer(connection).startswith(b"HTTP/1.1 200")


def test_an_endless_body_is_not_read_for_ever(start: Start) -> None:
    base = start(max_request_bytes=KIB)
    with connect(base) as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b" " * 64 * KIB + b"\r\n"
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            _send_for_ever(connection, chunk)  # read and dropped for a while, then closed
    assert_alive(base)


def test_a_body_that_nobody_wanted_does_not_end_the_connection(url: str) -> None:
    head = b"GET /v1/models/hp HTTP/1.1\r\nHost: a\r\n"
    with connect(url) as connection:
        connection.sendall(head + b"Content-Length: 5\r\n\r\nhe")
        assert read_answer(connection).startswith(b"HTTP/1.1 200")
        connection.sendall(b"llo" + head + b"\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 200")


def test_a_client_that_asks_first_is_told_before_it_sends(start: Start) -> None:
    base = start(max_request_bytes=KIB)
    with connect(base) as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 413")
    with connect(base) as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 19\r\n\r\n")
        assert connection.recv(64) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"instances":[4.0]}')
        assert read_answer(connection).startswith(b"HTTP/1.1 200")


def _send_for_ever(connection: socket.socket, chunk: bytes) -> None:
    while True:
        connection.sendall(chunk)


def test_200_idle_connections(url: str) -> None:
    connections = [connect(url) for _ in range(200)]
    assert_alive(url)
    for connection in connections:
        connection.close()
    assert_alive(url)


def _sends(data: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(data)


def _post(body: bytes, fields: bytes = b"") -> bytes:
    return HEAD + fields + b"Content-Length: %d\r\n\r\n" % len(body) + body


GZIP = b"Content-Encoding: gzip\r\n"
DEEP = b'{"instances":[4.0],"deep":' + b'[{"a":' * 200_000 + b"1" + b"}]" * 200_000 + b"}"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (_post(DEEP), 200),
        (_post(b"[" * MIB), 400),
        (_post(b'{"instances":' + b"[" * 5000 + b"]" * 5000 + b"}"), 400),
        (_post(b"\x1f\x8bnonsense", GZIP), 400),
        (_post(gzip.compress(bytes(200 * MIB), 1), GZIP), 413),
        (_post(b'{"instances":["\xff\xfe"]}'), 400),
        (HEAD + b"Content-Length: 99999999999999999\r\n\r\n", 413),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", 400),
        (b"GET /v1/models/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"GET /v1/models/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /page/../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"GET /v1/models/%00 HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"GET /v1/models/%ff%fe HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"GET /v1/models/" + b"a" * 60 * KIB + b" HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        (b"GET /v1/models/hp\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),  # TLS
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    ],
    ids=lambda value: value[:70].decode("latin-1") if isinstance(value, bytes) else str(value),
)
def test_abuse(url: str, sent: bytes, status: int) -> None:
    with connect(url) as connection:
        connection.sendall(sent)
        assert_alive(url)
        assert connection.recv(12) == b"HTTP/1.1 %d" % status
    assert_alive(url)


def test_garbage_after_a_request(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(_post(b'{"instances":[4.0]}') + b"\0garbage\r\n\r\n")
        answer = read_until_closed(connection)
    assert b"HTTP/1.1 400" in answer
    assert_alive(url)


def test_pipelined_requests_are_answered_in_order(url: str) -> None:
    bodies = [b'{"instances":[%d.0]}' % number for number in (2, 4, 6)]
    with connect(url) as connection:
        connection.sendall(b"".join(map(_post, bodies)) + b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = read_until_closed(connection)
    predictions = [answer.index(b"[%d.0\n" % number) for number in (4, 5, 6)]
    assert predictions == sorted(predictions)
    assert b"HTTP/1.1 404" in answer
