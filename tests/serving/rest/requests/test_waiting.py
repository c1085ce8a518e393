"""Texts that wait for their batch: on the event loop, where a thread would do nothing else."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from serving.batching.text import TextBatcher, TextBatchingOptions, wrap_text_model
from serving.data_plane import DataPlane, ModelQuery
from serving.observing.observer import NoTracing
from serving.rest.app import create_app
from serving.rest.options import RestOptions
from serving.routing.router import Router, RoutingOptions
from serving.versions.lifecycle import LifecycleOptions
from serving.versions.model_config import ModelConfig
from serving.versions.registry import ModelRegistry
from tests.serving.batching.concurrency import LIMIT_S, Gate, Recorder, in_thread
from tests.serving.batching.text_model import TextModel
from tests.serving.rest.servers import connect, read_until_closed, serve
from tests.serving.routing.plan_files import ab, put
from tests.serving.version_folders import wait_until

OPTIONS = TextBatchingOptions(workers=1, max_queued_rows=2)


class Bench:
    """A server with one thread for requests, whose model holds back what it runs."""

    def __init__(self, folder: Path, router: Router | None) -> None:
        (folder / "1").mkdir()
        self.inner, self.gate, self.recorder = TextModel(), Gate(), Recorder()
        loaded = wrap_text_model(self.inner.loaded(), OPTIONS, self.recorder)
        registry = ModelRegistry(lambda *_: loaded, LifecycleOptions(poll_wait_s=0), self.recorder)
        registry.apply([ModelConfig("reviews", folder)], at_startup=True)
        registry.start()
        assert registry.wait_for_first_loads(LIMIT_S)
        self.plane = DataPlane(registry, router)
        self.inner.calls.clear()
        self.inner.before_run = lambda _name, _inputs: self.gate.pass_through()
        self.base = ""

    @property
    def waiting_rows(self) -> int:
        with self.plane.use(ModelQuery("reviews")) as model:
            assert isinstance(model.queue, TextBatcher)
            return model.queue.waiting_rows

    def ask(self, body: str) -> requests.Response:
        url = f"{self.base}/v1/models/reviews:predict"
        return requests.post(url, data=body, timeout=LIMIT_S)


def make_router(folder: Path) -> Router:
    """A plan that chooses by the text; version 9 is not there, so version 1 stands in for it."""
    router = Router(RoutingOptions(put(folder / "plan.json", ab("reviews", {1: 50, 9: 50}))))
    router.read_first()
    return router


@pytest.fixture(params=["without a plan", "by a plan"])
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = Bench(tmp_path, make_router(tmp_path) if request.param == "by a plan" else None)
    options = RestOptions(num_threads=1, timeout_s=LIMIT_S)
    with serve(create_app(made.plane, options, made.recorder, NoTracing())) as made.base:
        yield made
        made.gate.open()


def test_they_need_no_thread_and_share_a_batch(bench: Bench) -> None:
    held = in_thread(lambda: bench.ask('{"instances": ["a"]}'))
    bench.gate.wait_for_one()  # in the only thread
    asked = [in_thread(lambda: bench.ask('{"instances": ["a0"]}'))]
    asked.append(in_thread(lambda: bench.ask('{"inputs": {"text": ["a0"]}}')))
    wait_until(lambda: bench.waiting_rows == 2)
    bench.gate.open()

    # Word ids: `a0` = 97 + 48 = 145 at the second place, so 1 + 2 * 145 = 291 of 1000.
    expected = {"label": "bad", "classes": ["bad", "good"]}
    rows, columns = (answer.result(LIMIT_S).json() for answer in asked)
    assert rows["predictions"][0].items() >= expected.items()
    assert rows["predictions"][0]["probabilities"] == pytest.approx([0.709, 0.291])
    assert columns["outputs"]["label"] == ["bad"]
    assert held.result(LIMIT_S).status_code == 200
    assert bench.inner.calls[1:] == [("tokenize", (2,)), ("tokens", (2, 2))]


def test_clients_that_closed_their_sending_side_are_answered(bench: Bench) -> None:
    body = b'{"instances": ["a0"]}'
    head = b"POST /v1/models/reviews:predict HTTP/1.1\r\nHost: a\r\n"
    asked = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    held = in_thread(lambda: bench.ask('{"instances": ["a"]}'))
    bench.gate.wait_for_one()
    with connect(bench.base) as connection:
        connection.sendall(asked * 2)  # the second waits until the first is answered
        connection.shutdown(socket.SHUT_WR)
        wait_until(lambda: bench.waiting_rows == 1)
        bench.gate.open()
        answers = read_until_closed(connection)
    assert answers.count(b"HTTP/1.1 200 OK") == answers.count(b'"label": "bad"') == 2
    held.result(LIMIT_S)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ('{"instances": [1]}', 400, "JSON Value: 1 Type: Number is not of expected type: string"),
        ("{", 400, "JSON Parse error"),
        ('{"instances": ["a"], "signature_name": "x"}', 400, "not found in signature def"),
        ('{"instances": ["a", "b"]}', 503, "The queue is full: 1 texts are waiting, at most 2"),
    ],
)
def test_errors_are_those_of_other_requests(
    bench: Bench, body: str, status: int, error: str
) -> None:
    held = in_thread(lambda: bench.ask('{"instances": ["a"]}'))
    bench.gate.wait_for_one()
    waiting = in_thread(lambda: bench.ask('{"instances": ["a"]}'))
    wait_until(lambda: bench.waiting_rows == 1)
    response = bench.ask(body)
    assert (response.status_code, error in response.json()["error"]) == (status, True)
    bench.gate.open()
    assert (held.result(LIMIT_S).status_code, waiting.result(LIMIT_S).status_code) == (200, 200)


def test_the_time_of_a_request_passes(bench: Bench) -> None:
    held = in_thread(lambda: bench.ask('{"instances": ["a"]}'))
    bench.gate.wait_for_one()
    app = create_app(bench.plane, RestOptions(timeout_s=0.05), bench.recorder, NoTracing())
    with serve(app) as base:
        url = f"{base}/v1/models/reviews:predict"
        response = requests.post(url, data='{"instances": ["b"]}', timeout=LIMIT_S)
    assert response.json() == {"error": "The request was not answered within 0.05 s"}
    assert response.status_code == 504
    assert bench.waiting_rows == 0
    bench.gate.open()
    held.result(LIMIT_S)
    assert [name for name, _ in bench.inner.calls] == ["serving_default"]
