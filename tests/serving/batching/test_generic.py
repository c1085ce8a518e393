"""The order of events is forced: a gate holds each batch until the test lets it go."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from serving.batching.generic import GenericBatcher
from serving.batching.parameters import BatchingParameters
from serving.errors import Code, DeadlineExceededError, InvalidArgumentError, ServingError
from serving.servables.model import Array, Arrays, LoadedModel, Signature, TensorSpec
from tests.serving.batching.concurrency import LIMIT_S, Gate, Recorder, in_thread
from tests.serving.version_folders import wait_until

FLOAT = TensorSpec("float", np.dtype(np.float32), "x:0")
ONE_AT_ONCE = BatchingParameters(max_batch_size=4, num_batch_threads=1)
Answer = Future[dict[str, Array]]


class Bench:
    """A model `y = x + 1, z = -x` behind a gate; one batch runs at once."""

    def __init__(self, parameters: BatchingParameters = ONE_AT_ONCE) -> None:
        self.gate = Gate()
        self.batches: list[list[float]] = []
        self.deadlines: list[float | None] = []
        self.inner_closed = threading.Event()
        self.observer = Recorder()
        self.batcher = GenericBatcher(parameters, self.observer)
        outputs = {"y": FLOAT, "z": FLOAT}
        signatures = {
            name: Signature(name, {"x": FLOAT}, outputs) for name in ("serving_default", "other")
        }
        self.inner = LoadedModel("m", 1, signatures, {}, self._run, self.inner_closed.set)
        self.model = self.batcher.wrap(self.inner)

    def _run(
        self, name: str, inputs: Arrays, outputs: Sequence[str], deadline: float | None
    ) -> dict[str, Array]:
        x = inputs["x"]
        self.batches.append(x.ravel().tolist())
        self.deadlines.append(deadline)
        self.gate.pass_through()
        if (x == 13).any():
            raise InvalidArgumentError("unlucky")
        answers = {"y": x + 1, "z": -x}
        return {alias: answers[alias] for alias in outputs}

    def ask(self, *values: float, signature: str = "", deadline: float | None = None) -> Answer:
        x = np.array(values, np.float32)
        return in_thread(lambda: self.model.call(signature, {"x": x}, deadline=deadline))

    def hold_a_batch(self, value: float = 0.0) -> Answer:
        held = self.ask(value)
        self.gate.wait_for_one()
        return held

    def queue(self, *values: float, signature: str = "", deadline: float | None = None) -> Answer:
        """Ask, and wait until the request is in its queue: requests enter one by one."""
        before = self.batcher.waiting_tasks
        asked = self.ask(*values, signature=signature, deadline=deadline)
        wait_until(lambda: self.batcher.waiting_tasks > before)
        return asked


@pytest.fixture
def start() -> Iterator[Callable[..., Bench]]:
    started: list[Bench] = []

    def make(**changes: object) -> Bench:
        started.append(Bench(replace(ONE_AT_ONCE, **changes)))  # type: ignore[arg-type]
        return started[-1]

    yield make
    for bench in started:
        bench.gate.open()
        bench.batcher.close()


def test_requests_that_wait_share_a_batch(start: Callable[..., Bench]) -> None:
    bench = start()
    held = bench.hold_a_batch()
    asked = [bench.queue(1), bench.queue(2, 3), bench.queue(4), bench.queue(5)]
    bench.gate.open()

    assert held.result(LIMIT_S)["y"].tolist() == [1.0]
    answers = [answer.result(LIMIT_S) for answer in asked]
    assert [answer["y"].tolist() for answer in answers] == [[2.0], [3.0, 4.0], [5.0], [6.0]]
    assert list(answers[0]) == ["y", "z"]
    assert bench.batches == [[0.0], [1.0, 2.0, 3.0, 4.0], [5.0]]
    record = bench.observer.batches[1]
    assert (record.model_name, record.rows, record.executed_rows) == ("m", 4, 4)
    assert len(record.queue_times_s) == 3
    assert min(record.queue_times_s) > 0


def test_a_batch_that_is_not_full_runs_after_the_timeout(start: Callable[..., Bench]) -> None:
    bench = start(batch_timeout_micros=1000)
    bench.gate.open()
    assert bench.ask(1).result(LIMIT_S)["y"].tolist() == [2.0]


def test_a_full_batch_does_not_wait_for_the_timeout(start: Callable[..., Bench]) -> None:
    bench = start(batch_timeout_micros=3_600_000_000)
    bench.gate.open()
    asked = [bench.queue(1), bench.ask(2, 3, 4)]
    assert [answer.result(LIMIT_S)["y"].tolist() for answer in asked] == [[2.0], [3.0, 4.0, 5.0]]
    assert bench.batches == [[1.0, 2.0, 3.0, 4.0]]


def test_signatures_and_outputs_do_not_mix(start: Callable[..., Bench]) -> None:
    bench = start()
    bench.hold_a_batch()
    asked = [bench.queue(1), bench.queue(2, signature="other"), bench.queue(3)]
    x = np.array([4], np.float32)
    only_z = in_thread(lambda: bench.model.call("", {"x": x}, ["z"]))
    wait_until(lambda: bench.batcher.waiting_tasks == 4)
    bench.gate.open()
    for answer in asked:
        answer.result(LIMIT_S)
    assert only_z.result(LIMIT_S)["z"].tolist() == [-4.0]
    assert only_z.result(LIMIT_S).keys() == {"z"}
    assert bench.batches == [[0.0], [1.0, 3.0], [2.0], [4.0]]


def test_versions_do_not_mix_but_share_the_threads(start: Callable[..., Bench]) -> None:
    bench = start()
    other = bench.batcher.wrap(replace(bench.inner, version=2))
    bench.hold_a_batch()
    first = bench.queue(1)
    x = np.array([2], np.float32)
    second = in_thread(lambda: other.call("", {"x": x}))
    wait_until(lambda: bench.batcher.waiting_tasks == 2)
    bench.gate.open()
    assert (first.result(LIMIT_S)["y"].tolist(), second.result(LIMIT_S)["y"].tolist()) == ([2], [3])
    assert bench.batches == [[0.0], [1.0], [2.0]]


def test_a_batch_of_3_is_padded_to_the_allowed_4(start: Callable[..., Bench]) -> None:
    bench = start(allowed_batch_sizes=(2, 4))
    bench.gate.open()
    assert bench.ask(1, 2, 3).result(LIMIT_S)["y"].tolist() == [2.0, 3.0, 4.0]
    assert bench.batches == [[1.0, 2.0, 3.0, 1.0]]
    assert (bench.observer.batches[0].rows, bench.observer.batches[0].executed_rows) == (3, 4)


def test_a_request_larger_than_a_batch_is_refused(start: Callable[..., Bench]) -> None:
    bench = start(max_batch_size=64)
    with pytest.raises(InvalidArgumentError, match="Task size 65 is larger than maximum input"):
        bench.ask(*range(65)).result(LIMIT_S)


def test_a_large_request_is_split_and_joined(start: Callable[..., Bench]) -> None:
    bench = start(max_batch_size=10, enable_large_batch_splitting=True, max_execution_batch_size=2)
    bench.gate.open()
    answer = bench.ask(1, 2, 3, 4, 5).result(LIMIT_S)
    assert answer["y"].tolist() == [2.0, 3.0, 4.0, 5.0, 6.0]
    assert bench.batches == [[1.0, 2.0], [3.0, 4.0], [5.0]]


def test_a_full_queue_refuses(start: Callable[..., Bench]) -> None:
    bench = start(max_enqueued_batches=1)
    bench.hold_a_batch()
    asked = bench.queue(1, 2, 3, 4)
    with pytest.raises(ServingError, match=r"The batch scheduling queue .* is full") as caught:
        bench.ask(5).result(LIMIT_S)
    assert caught.value.code is Code.UNAVAILABLE
    bench.gate.open()
    assert asked.result(LIMIT_S)["y"].tolist() == [2.0, 3.0, 4.0, 5.0]


def test_a_failed_batch_fails_its_requests_only(start: Callable[..., Bench]) -> None:
    bench = start()
    bench.hold_a_batch()
    bad, same_batch, other = bench.queue(13, 2), bench.queue(1, 2), bench.queue(3)
    bench.gate.open()
    for answer in (bad, same_batch):
        with pytest.raises(InvalidArgumentError, match="unlucky"):
            answer.result(LIMIT_S)
    assert other.result(LIMIT_S)["y"].tolist() == [4.0]


def test_a_deadline_passes_in_the_queue(start: Callable[..., Bench]) -> None:
    bench = start()
    bench.hold_a_batch()
    with pytest.raises(ServingError) as caught:
        bench.ask(5, deadline=time.monotonic() + 0.01).result(LIMIT_S)
    assert caught.value.code is Code.RESOURCE_EXHAUSTED
    assert caught.value.message == "Run() timeout exceeded while waiting in batching queue"
    assert caught.value.http_status == 429
    alive = bench.queue(6)
    bench.gate.open()
    assert alive.result(LIMIT_S)["y"].tolist() == [7.0]
    assert bench.batches == [[0.0], [6.0]]


def test_a_deadline_passes_while_the_batch_runs(start: Callable[..., Bench]) -> None:
    bench = start()
    late = bench.ask(5, deadline=time.monotonic() + 1)
    with pytest.raises(DeadlineExceededError):
        late.result(LIMIT_S)
    assert bench.batches == [[5.0]]


def test_a_batch_has_the_latest_deadline_of_its_requests(start: Callable[..., Bench]) -> None:
    bench = start(max_batch_size=2)
    bench.hold_a_batch()
    far = time.monotonic() + LIMIT_S
    asked = [bench.queue(value, deadline=far + value) for value in (1, 2)]
    asked += [bench.queue(3, deadline=far), bench.queue(4)]
    bench.gate.open()
    for answer in asked:
        answer.result(LIMIT_S)
    assert bench.deadlines == [None, far + 2, None]


def test_no_rows_pass_through(start: Callable[..., Bench]) -> None:
    bench = start()
    bench.gate.open()
    assert bench.ask().result(LIMIT_S)["y"].tolist() == []
    assert bench.observer.batches == []


def test_a_tensor_without_rows_is_refused(start: Callable[..., Bench]) -> None:
    with pytest.raises(InvalidArgumentError, match="must have at least one dimension"):
        start().model.call("", {"x": np.array(1.0, np.float32)})


def test_bad_parameters_fail_the_load(start: Callable[..., Bench]) -> None:
    bench = start()
    with pytest.raises(InvalidArgumentError, match="last entry was 2; expected 4"):
        bench.batcher.wrap(bench.inner, replace(ONE_AT_ONCE, allowed_batch_sizes=(2,)))


def test_a_models_own_parameters(start: Callable[..., Bench]) -> None:
    bench = start()
    bench.gate.open()
    own = bench.batcher.wrap(bench.inner, replace(ONE_AT_ONCE, max_batch_size=1))
    with pytest.raises(InvalidArgumentError, match="larger than maximum input batch size 1"):
        own.call("", {"x": np.zeros(2, np.float32)})


def test_close_waits_for_the_batch_that_runs(start: Callable[..., Bench]) -> None:
    bench = start()
    held = bench.hold_a_batch()
    # Its caller may have given up long ago: a request in flight is no condition.
    closing = in_thread(bench.model.close)
    assert not bench.inner_closed.wait(0.05)
    bench.gate.open()
    closing.result(LIMIT_S)
    assert bench.inner_closed.is_set()
    held.result(LIMIT_S)


def test_closing_a_model_leaves_the_others_alone(start: Callable[..., Bench]) -> None:
    bench = start()
    other = bench.batcher.wrap(replace(bench.inner, close=lambda: None))
    held = bench.hold_a_batch()
    waiting = bench.queue(1)
    other.close()
    bench.gate.open()
    assert held.result(LIMIT_S)["y"].tolist() == [1.0]
    assert waiting.result(LIMIT_S)["y"].tolist() == [2.0]
