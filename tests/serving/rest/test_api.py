"""Limits, deadlines and reports, over real sockets."""

import gzip
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from serving.data_plane import DataPlane
from serving.errors import Code
from serving.observing.observer import BatchRecord, LoadRecord, ReadHeaders, RequestRecord
from serving.rest.app import create_app
from serving.rest.options import RestOptions
from tests.serving.rest.conftest import Recorder, Start
from tests.serving.rest.models import Gate
from tests.serving.rest.servers import connect, read_answer, read_until_closed, serve
from tests.serving.version_folders import wait_until

KIB = 1024
GOOD = b'{"instances":[4.0]}'
TIMEOUT = 30


def predict(base: str, body: bytes = GOOD, model: str = "hp", **headers: str) -> requests.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.post(
        f"{base}/v1/models/{model}:predict", data=body, headers=given, timeout=TIMEOUT
    )


def send_head(base: str, fields: bytes) -> socket.socket:
    connection = connect(base)
    connection.sendall(b"POST /v1/models/hp:predict HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n\r\n")
    return connection


def test_declared_sizes_beyond_the_limit_are_refused_before_the_body(start: Start) -> None:
    base = start(max_request_bytes=KIB)
    with send_head(base, b"Content-Length: 1025") as connection:  # and not a byte of it
        answer = read_answer(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"error": "The request body is larger than the limit of 1024 bytes"' in answer


def test_chunked_bodies_are_cut_off_at_the_limit(start: Start) -> None:
    base = start(max_request_bytes=KIB)
    with send_head(base, b"Transfer-Encoding: chunked") as connection:
        connection.sendall(b"200\r\n" + b" " * 512 + b"\r\n201\r\n" + b" " * 513 + b"\r\n")
        assert read_answer(connection).startswith(b"HTTP/1.1 413 ")


def test_a_client_that_sends_all_of_a_body_too_large_reads_the_answer(start: Start) -> None:
    base = start(max_request_bytes=KIB)
    with requests.Session() as session:
        for _ in range(3):
            path = f"{base}/v1/models/hp:predict"
            response = session.post(path, data=b" " * 5_000_000, timeout=TIMEOUT)
            assert response.status_code == 413
        assert session.post(path, data=GOOD, timeout=TIMEOUT).json() == {"predictions": [5.0]}


def test_the_limit_itself_is_allowed(start: Start) -> None:
    base = start(max_request_bytes=KIB)
    assert predict(base, GOOD.ljust(KIB)).status_code == 200
    assert predict(base, GOOD.ljust(KIB + 1)).status_code == 413


def test_inflated_bodies_are_cut_off_at_the_limit(start: Start) -> None:
    base = start(max_request_bytes=KIB)
    small, large = gzip.compress(GOOD.ljust(KIB)), gzip.compress(GOOD.ljust(KIB + 1))
    assert predict(base, small, Content_Encoding="gzip").status_code == 200
    response = predict(base, large, Content_Encoding="gzip")
    assert (response.status_code, response.json()) == (
        413,
        {"error": "The request body is larger than the limit of 1024 bytes"},
    )


def test_a_body_that_does_not_arrive_ends_the_connection(start: Start) -> None:
    base = start(timeout_s=0.2)
    with send_head(base, b"Content-Length: 10") as connection:
        connection.sendall(b"{")
        answer = read_until_closed(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer
    assert b'"error": "The request body did not arrive within 0.2 s"' in answer


def test_an_answer_does_not_wait_for_a_stuck_thread(
    start: Start, opened_gate: Gate, recorder: Recorder
) -> None:
    base = start(timeout_s=0.2, num_threads=1)
    response = predict(base, model="slow")
    assert (response.status_code, response.json()) == (
        504,
        {"error": "The request was not answered within 0.2 s"},
    )
    # The only thread is stuck still: what waits for it is answered in time, too.
    assert predict(base).status_code == 504
    assert requests.get(f"{base}/v1/models/hp", timeout=TIMEOUT).status_code == 200
    assert [record.code for record in recorder.requests[:2]] == [Code.DEADLINE_EXCEEDED] * 2
    opened_gate.opened.set()


def test_requests_that_never_begin_leave_their_place(start: Start, opened_gate: Gate) -> None:
    base = start(timeout_s=0.2, num_threads=1, max_concurrent_requests=2)
    codes = [predict(base, model="slow").status_code]  # holds the thread and one of two places
    codes += [predict(base).status_code for _ in range(2)]  # time out before they begin
    assert codes[:2] == [504, 504]
    opened_gate.opened.set()
    wait_until(lambda: predict(base).status_code == 200)
    assert [predict(base).status_code for _ in range(3)] == [200] * 3


def test_requests_beyond_the_limit_are_refused_at_once(start: Start, opened_gate: Gate) -> None:
    base = start(max_concurrent_requests=1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(predict, base, model="slow")
        assert opened_gate.entered.acquire(timeout=TIMEOUT)
        refused = predict(base)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert "which is its limit" in refused.json()["error"]
        assert requests.get(f"{base}/v1/models/hp", timeout=TIMEOUT).status_code == 200
        opened_gate.opened.set()
        assert running.result(TIMEOUT).json() == {"predictions": [4.0]}
    assert predict(base).status_code == 200


def test_a_stuck_thread_counts_until_it_is_done(start: Start, opened_gate: Gate) -> None:
    base = start(max_concurrent_requests=1, timeout_s=0.2)
    assert predict(base, model="slow").status_code == 504
    assert predict(base).status_code == 503
    opened_gate.opened.set()
    while predict(base).status_code == 503:
        pass


def test_all_bodies_together_are_limited(start: Start, opened_gate: Gate) -> None:
    size = 200 * KIB  # 64 KiB of each are free; eight times the largest body is the limit
    base = start(max_request_bytes=size)
    body = GOOD.ljust(size)
    with ThreadPoolExecutor(12) as pool:
        running = [pool.submit(predict, base, body, "slow") for _ in range(11)]
        for _ in running:
            assert opened_gate.entered.acquire(timeout=TIMEOUT)
        refused = predict(base, body)
        assert refused.status_code == 503
        assert "request bodies in work reach the limit" in refused.json()["error"]
        assert predict(base).status_code == 200  # small ones pass
        opened_gate.opened.set()
        assert {answer.result(TIMEOUT).status_code for answer in running} == {200}
    assert predict(base, body).status_code == 200


def test_every_call_is_reported(start: Start, recorder: Recorder) -> None:
    base = start()
    predict(base)
    requests.post(
        f"{base}/v1/models/hp/versions/1:regress",
        data=b'{"signature_name":"reg","examples":[{"x":6.0}]}',
        timeout=TIMEOUT,
    )
    requests.get(f"{base}/v1/models/hp/metadata", timeout=TIMEOUT)
    requests.get(f"{base}/v1/models/nope", timeout=TIMEOUT)
    requests.get(f"{base}/v1/foo?x=1", timeout=TIMEOUT)
    requests.get(f"{base}/healthz", timeout=TIMEOUT)
    summary = [
        (
            record.api,
            record.path,
            record.model_name,
            record.known_model,
            record.version,
            record.code,
        )
        for record in recorder.requests
    ]
    assert summary == [
        ("predict", "/v1/models/hp:predict", "hp", True, 2, Code.OK),
        ("regress", "/v1/models/hp/versions/1:regress", "hp", True, 1, Code.OK),
        ("metadata", "/v1/models/hp/metadata", "hp", True, 2, Code.OK),
        ("status", "/v1/models/nope", "nope", False, None, Code.NOT_FOUND),
        ("", "/v1/foo", "", False, None, Code.INVALID_ARGUMENT),
    ]
    first = recorder.requests[0]
    answer = b'{\n    "predictions": [5.0\n    ]\n}'
    assert (first.entrypoint, first.http_status, first.peer) == ("REST", 200, "127.0.0.1")
    assert (first.request_bytes, first.response_bytes) == (len(GOOD), len(answer))
    assert first.seconds > 0
    assert recorder.runs == [("hp", "predict"), ("hp", "regress")]


def test_a_client_that_leaves_is_reported_as_such(start: Start, recorder: Recorder) -> None:
    base = start()
    with send_head(base, b"Content-Length: 10"):
        pass
    while not recorder.requests:
        predict(base, model="none-so-far")
        recorder.requests = [r for r in recorder.requests if r.model_name == "hp"]
    assert recorder.requests[0].code is Code.CANCELLED


class _Spans:
    """Keeps names, headers and reported codes of spans."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str | None, str]] = []
        self.reported = ""

    @contextmanager
    def span(self, name: str, read_headers: ReadHeaders) -> Iterator[None]:
        self.reported = "nothing"
        yield
        self.seen.append((name, dict(read_headers()).get("traceparent"), self.reported))

    def request(self, record: RequestRecord) -> None:
        self.reported = record.code.name

    def run(self, model_name: str, api: str, seconds: float) -> None:
        pass

    def batch(self, record: BatchRecord) -> None:
        pass

    def cache(self, model_name: str, hits: int, misses: int) -> None:
        pass

    def load(self, record: LoadRecord) -> None:
        pass

    def captured(self, model_name: str, log: str, outcome: str, count: int) -> None:
        pass


def test_a_request_is_reported_while_its_span_is_open(rest_plane: DataPlane) -> None:
    spans = _Spans()
    with serve(create_app(rest_plane, RestOptions(), spans, spans)) as base:
        predict(base, traceparent="00-1-2-01")
        predict(base, model="nope")
        requests.get(f"{base}/v1/models/hp", timeout=TIMEOUT)
    assert spans.seen == [
        ("predict", "00-1-2-01", "OK"),
        ("predict", None, "NOT_FOUND"),
        ("status", None, "OK"),
    ]


def test_what_goes_wrong_inside_is_told_without_details(
    rest_plane: DataPlane, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(DataPlane):
        def use(self, query: Any, request: Any = None) -> Any:
            raise RuntimeError("secret")

    broken = Broken(rest_plane._registry)
    app = create_app(broken, RestOptions(), recorder, _Spans())
    with serve(app) as base:
        response = predict(base)
    assert (response.status_code, response.json()) == (500, {"error": "Internal error"})
    assert "secret" in caplog.text
    assert recorder.requests[0].code is Code.INTERNAL


@pytest.mark.parametrize(
    "path", ["/v1/models/hp", "/v1/models/hp/metadata", "/healthz", "/readyz", "/models.json"]
)
def test_control_does_not_wait_behind_predict(start: Start, opened_gate: Gate, path: str) -> None:
    base = start(num_threads=1, max_concurrent_requests=1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(predict, base, model="slow")  # holds the only thread and place
        assert opened_gate.entered.acquire(timeout=TIMEOUT)
        assert requests.get(base + path, timeout=TIMEOUT).status_code == 200
        opened_gate.opened.set()
        assert running.result().status_code == 200
