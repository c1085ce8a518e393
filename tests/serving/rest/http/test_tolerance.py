"""Offers of another protocol, closed sending sides, HTTP/1.0, and how long connections stay."""

import contextlib
import socket
from collections.abc import Callable, Iterable
from typing import Literal

import pytest

from serving.rest.http.tolerance import head_without_upgrade
from tests.serving.rest.conftest import Recorder, Start
from tests.serving.rest.models import Gate
from tests.serving.rest.servers import connect, read_answer, read_until_closed

BODY = b'{"instances":[4.0]}'
ANSWER = b'{\n    "predictions": [5.0\n    ]\n}'
LENGTH = b"Content-Length: 19\r\n"
GET = b"GET /v1/models/hp HTTP/1.1\r\nHost: a\r\n"
Loop = Literal["auto", "asyncio"]
LOOPS = ["auto", "asyncio"]  # uvloop, where it is installed, and Python's own


def post(fields: bytes = b"", model: bytes = b"hp", version: bytes = b"1.1") -> bytes:
    line = b"POST /v1/models/%b:predict HTTP/%b\r\nHost: a\r\n" % (model, version)
    return line + fields + LENGTH + b"\r\n" + BODY


def in_one_piece(sent: bytes) -> list[bytes]:
    return [sent]


def head_and_body(sent: bytes) -> list[bytes]:
    head, end, body = sent.partition(b"\r\n\r\n")
    return [head + end, body]


def within_the_end_of_the_head(sent: bytes) -> list[bytes]:
    place = sent.index(b"\r\n\r\n") + 3
    return [sent[:place], sent[place:]]


def byte_by_byte(sent: bytes) -> list[bytes]:
    return [sent[place : place + 1] for place in range(len(sent))]


def send_pieces(connection: socket.socket, pieces: Iterable[bytes]) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in pieces:
        connection.sendall(piece)


OFFERS = [
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n",
    b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    b"connection: upgrade\r\nupgrade: TLS/1.2\r\n",
    b"UPGRADE: TLS/1.3, IRC/6.9, h2c\r\nCONNECTION: x , uPGRADE\r\n",
    b"Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: close2\r\nConnection: upgrade\r\n",
]


@pytest.mark.parametrize("offer", OFFERS, ids=["h2c", "websocket", "TLS", "several", "two lines"])
@pytest.mark.parametrize(
    "split", [in_one_piece, head_and_body, within_the_end_of_the_head, byte_by_byte]
)
def test_an_upgrade_is_ignored_and_the_body_kept(
    url: str, offer: bytes, split: Callable[[bytes], list[bytes]]
) -> None:
    with connect(url) as connection:
        for _ in range(2):  # the connection goes on, and may offer it again
            send_pieces(connection, split(post(offer)))
            answer = read_answer(connection)
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.endswith(ANSWER)
        send_pieces(connection, split(GET + offer + b"\r\n"))
        assert b'"state": "AVAILABLE"' in read_answer(connection)
        send_pieces(connection, [post()])
        assert read_answer(connection).endswith(ANSWER)


@pytest.mark.parametrize("split", [in_one_piece, byte_by_byte])
def test_chunked_and_announced_bodies_are_kept_as_well(
    url: str, split: Callable[[bytes], list[bytes]]
) -> None:
    line = b"POST /v1/models/hp:predict HTTP/1.1\r\nHost: a\r\n" + OFFERS[0]
    chunks = b"a\r\n" + BODY[:10] + b"\r\n9\r\n" + BODY[10:] + b"\r\n0\r\n\r\n"
    with connect(url) as connection:
        send_pieces(connection, split(line + b"Transfer-Encoding: chunked\r\n\r\n" + chunks))
        assert read_answer(connection).endswith(ANSWER)
        send_pieces(connection, split(line + LENGTH + b"Expect: 100-continue\r\n\r\n"))
        assert connection.recv(64) == b"HTTP/1.1 100 Continue\r\n\r\n"
        send_pieces(connection, split(BODY))
        assert read_answer(connection).endswith(ANSWER)


def test_a_long_body_behind_an_upgrade_arrives_whole(url: str) -> None:
    body = b'{"instances":[%b]}' % b",".join([b"4.0"] * 200_000)
    head = b"POST /v1/models/hp:predict HTTP/1.1\r\nHost: a\r\n" + OFFERS[0]
    with connect(url) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert read_answer(connection).count(b"5.0") == 200_000


def test_many_pipelined_upgrades_are_answered_in_order(url: str) -> None:
    requests = [post(OFFERS[0]), GET + OFFERS[1] + b"\r\n"] * 2000
    with connect(url) as connection:
        connection.sendall(b"".join(requests) + GET + OFFERS[1] + b"Connection: close\r\n\r\n")
        answers = read_until_closed(connection)
    kinds = [answer.endswith(ANSWER) for answer in answers.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert kinds == [True, False] * 2000 + [False]


def test_an_upgrade_does_not_lift_the_limits(start: Start, recorder: Recorder) -> None:
    base = start(max_request_bytes=1024)
    line = b"POST /v1/models/hp:predict HTTP/1.1\r\nHost: a\r\n" + OFFERS[0]
    with connect(base) as connection:
        connection.sendall(line + b"Content-Length: 2000\r\n\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 413 ")
    with connect(base) as connection:
        connection.sendall(line + LENGTH + LENGTH.replace(b"19", b"18") + b"\r\n" + BODY)
        assert read_until_closed(connection).startswith(b"HTTP/1.1 400 ")
    with connect(base) as connection:
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            connection.sendall(line + b"X: " + b"a" * 200 * 1024 + b"\r\n\r\n")
        answer = read_until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert [record.http_status for record in recorder.requests] == [413]


def test_connect_is_no_upgrade(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(b"CONNECT /v1/models/hp HTTP/1.1\r\nHost: a\r\n\r\n" + post())
        connection.shutdown(socket.SHUT_WR)
        refused, answered = read_until_closed(connection).split(b"HTTP/1.1 ")[1:]
    assert b"Malformed request: CONNECT /v1/models/hp" in refused
    assert answered.endswith(ANSWER)


def test_a_head_keeps_all_but_the_offer() -> None:
    headers = [(b"host", b"a"), (b"upgrade", b"h2c"), (b"connection", b"close, upgrade")]
    assert head_without_upgrade(b"POST", b"/v1?a=%20", "1.0", headers) == (
        b"POST /v1?a=%20 HTTP/1.0\r\nhost: a\r\nconnection: close, upgrade\r\n\r\n"
    )


@pytest.mark.parametrize("loop", LOOPS)
def test_a_client_that_closes_its_sending_side_is_answered(start: Start, loop: Loop) -> None:
    with connect(start(loop=loop)) as connection:
        connection.sendall(post())
        connection.shutdown(socket.SHUT_WR)
        assert read_until_closed(connection).endswith(ANSWER)


@pytest.mark.parametrize("loop", LOOPS)
def test_it_is_answered_also_while_the_answer_takes_time(
    start: Start, opened_gate: Gate, loop: Loop
) -> None:
    with connect(start(loop=loop)) as connection:
        connection.sendall(post(model=b"slow") + post() + GET + b"\r\n")  # wait in the pipeline
        assert opened_gate.entered.acquire(timeout=30)
        connection.shutdown(socket.SHUT_WR)
        opened_gate.opened.set()
        answers = read_until_closed(connection)
    assert answers.count(b"HTTP/1.1 200 OK") == 3
    parts = [b"[4.0\n", b"[5.0\n", b'"model_version_status"']
    assert sorted(answers.index(part) for part in parts) == [answers.index(part) for part in parts]


def test_a_request_that_is_cut_off_is_not_answered_but_those_before_are(
    start: Start, opened_gate: Gate
) -> None:
    for cut_off in (post()[:-1], post()[:40]):
        with connect(start()) as connection:
            connection.sendall(post(model=b"slow") + post() + cut_off)
            assert opened_gate.entered.acquire(timeout=30)
            connection.shutdown(socket.SHUT_WR)
            opened_gate.opened.set()
            assert read_until_closed(connection).count(b"HTTP/1.1") == 2
            opened_gate.opened.clear()


@pytest.mark.parametrize("sent", [b"", GET, post()[:-1]])
def test_a_client_that_closes_before_a_whole_request_is_let_go(url: str, sent: bytes) -> None:
    with connect(url) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert read_until_closed(connection) == b""


@pytest.mark.parametrize("nonsense", [b"\0\r\n\r\n", GET + b"X: " + b"a" * 70_000 + b"\r\n\r\n"])
def test_nonsense_behind_a_request_takes_no_answer_away(
    url: str, opened_gate: Gate, nonsense: bytes
) -> None:
    with connect(url) as connection:
        connection.sendall(post(model=b"slow") + post() + nonsense)
        assert opened_gate.entered.acquire(timeout=30)
        opened_gate.opened.set()
        answers = read_until_closed(connection)
    statuses = [answer[:3] for answer in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses[:2] == [b"200", b"200"]
    assert statuses[2:] in ([b"400"], [b"431"])


@pytest.mark.parametrize("loop", LOOPS)
def test_a_refusal_arrives_though_the_client_goes_on_sending(start: Start, loop: Loop) -> None:
    with connect(start(loop=loop)) as connection:
        connection.sendall(GET + b"X: " + b"a" * 1024 * 1024)  # none of it is left unread
        assert read_until_closed(connection).startswith(b"HTTP/1.1 431 ")
        connection.shutdown(socket.SHUT_WR)
    with connect(start(loop=loop)) as connection:
        connection.sendall(post() + b"\0" + b"a" * 1024 * 1024)
        answer = read_until_closed(connection)
    assert [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] == [b"200", b"400"]


def test_a_broken_body_is_refused_and_nothing_more(url: str) -> None:
    chunked = (
        b"POST /v1/models/hp:predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with connect(url) as connection:
        connection.sendall(post() + chunked + b"3\r\nabcZZ\r\n" + post())
        answers = read_until_closed(connection)
    assert answers.count(b"HTTP/1.1 200 ") == answers.count(b"HTTP/1.1 400 ") == 1
    assert answers.index(b"HTTP/1.1 200 ") == 0


KEEP = b"Connection: Keep-Alive\r\n"


@pytest.mark.parametrize("fields", [KEEP, b"Connection: x, keep-alive\r\n", OFFERS[1]])
def test_http_1_0_connections_stay_open_when_asked(url: str, fields: bytes) -> None:
    with connect(url) as connection:
        for _ in range(3):
            connection.sendall(post(fields, version=b"1.0"))
            answer = read_answer(connection)
            assert answer.lower().count(b"\r\nconnection: keep-alive\r\n") == 1
            assert answer.endswith(ANSWER)
        connection.sendall(post(version=b"1.0"))
        answer = read_until_closed(connection)
        assert b"\r\nconnection: close\r\n" in answer
        assert answer.endswith(ANSWER)


def test_http_1_0_errors_stay_open_too_but_for_those_that_close(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(b"GET /v1/models/nope HTTP/1.0\r\n" + KEEP + b"\r\n")
        assert b"connection: keep-alive" in read_answer(connection)
        connection.sendall(b"GET /nowhere HTTP/1.0\r\n" + KEEP + b"\r\n")
        answer = read_until_closed(connection)
    assert b"connection: close" in answer
    assert b"keep-alive" not in answer


def test_http_1_0_knows_no_100_continue(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(post(KEEP + b"Expect: 100-continue\r\n", version=b"1.0"))
        assert read_answer(connection).startswith(b"HTTP/1.1 200 ")


def test_http_1_1_answers_name_no_connection(url: str) -> None:
    with connect(url) as connection:
        connection.sendall(post(KEEP))
        assert b"connection:" not in read_answer(connection).lower()


@pytest.mark.parametrize("behind", [b"", b"\r\n"], ids=["nothing", "a line break"])
def test_idle_connections_are_closed_after_a_while(start: Start, behind: bytes) -> None:
    with connect(start(keep_alive_s=0.2, head_timeout_s=600)) as connection:
        connection.sendall(post() + behind)
        read_answer(connection)
        connection.sendall(behind)
        assert read_until_closed(connection) == b""


def test_a_body_that_ends_behind_its_answer_leaves_the_connection_idle(start: Start) -> None:
    base = start(keep_alive_s=0.2, head_timeout_s=600)
    with connect(base) as connection:
        connection.sendall(GET + b"Content-Length: 5\r\n\r\nhe")
        assert read_answer(connection).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"llo")
        assert read_until_closed(connection) == b""
