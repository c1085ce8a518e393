"""The order of events is forced: a gate holds each batch until the test lets it go."""

import time
from collections.abc import Iterator
from concurrent.futures import Future

import numpy as np
import pytest

from serving.batching.plan import BatchLimits
from serving.batching.token_scheduler import Halves, SchedulerLimits, TokenScheduler
from serving.errors import (
    Code,
    DeadlineExceededError,
    InvalidArgumentError,
    OverloadedError,
    ServingError,
)
from serving.servables.model import Array, Arrays
from serving.servables.text_classifier import TOKEN_INPUTS
from tests.serving.batching.concurrency import LIMIT_S, Gate, Recorder, in_thread
from tests.serving.version_folders import wait_until

Answer = Future[Array]


class Model:
    """Answers each row with its ids' sum, behind a gate.

    A text has as many tokens as letters, of the id 1; `x` is the id 13, which the model refuses.
    """

    def __init__(self) -> None:
        self.gate = Gate()
        self.shapes: list[tuple[int, ...]] = []
        self.deadlines: list[float | None] = []
        self.tokenized: list[tuple[int, float | None]] = []
        self.tokenizer_gate = Gate()
        self.tokenizer_gate.open()

    def tokenize(self, texts: Arrays, deadline: float | None) -> Arrays:
        """Make the tokens; `!` is refused, and `?` gives none that fit together."""
        self.tokenized.append((len(texts["text"]), deadline))
        self.tokenizer_gate.pass_through()
        if b"!" in texts["text"].tolist():
            raise InvalidArgumentError("no text")
        if b"?" in texts["text"].tolist():
            return {**_tokens([b"a"]), "input_word_ids": np.zeros((1, 0), np.int32)}
        return _tokens(texts["text"].tolist())

    def run(self, tokens: dict[str, Array], deadline: float | None) -> Array:
        self.shapes.append(tokens["input_word_ids"].shape)
        self.deadlines.append(deadline)
        self.gate.pass_through()
        if (tokens["input_word_ids"] == 13).any():
            raise InvalidArgumentError("unlucky")
        sums: Array = tokens["input_word_ids"].sum(axis=1, keepdims=True).astype(np.float32)
        return sums


class Bench:
    """A scheduler with one slot, and requests that enter its queue one by one."""

    def __init__(self, max_queued_rows: int = 100, slots: int = 1) -> None:
        self.model = Model()
        self.observer = Recorder()
        limits = SchedulerLimits(BatchLimits(40, 0.25), slots, max_queued_rows)
        halves = Halves(self.model.tokenize, self.model.run)
        self.scheduler = TokenScheduler("m", halves, limits, self.observer)

    def ask(self, *texts: bytes, deadline: float | None = None) -> Array:
        given = {"text": np.array(texts, object)}
        return self.scheduler.answer_texts(given, len(texts), deadline)

    def hold_a_batch(self) -> Answer:
        """Send one row and wait until the model runs it; it stays there until `release`."""
        held = in_thread(lambda: self.ask(b"a"))
        self.model.gate.wait_for_one()
        self.model.tokenized.clear()
        return held

    def queue(self, *texts: bytes, deadline: float | None = None) -> Answer:
        """Ask, and wait until the texts are in the queue: requests enter one by one."""
        before = self.scheduler.waiting_rows
        asked = in_thread(lambda: self.ask(*texts, deadline=deadline))
        wait_until(lambda: self.scheduler.waiting_rows == before + len(texts))
        return asked

    def queue_rows(self, *lengths: int, deadline: float | None = None) -> Answer:
        return self.queue(*(b"a" * length for length in lengths), deadline=deadline)

    def release(self) -> None:
        self.model.gate.open()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.release()
    made.scheduler.close()


def _tokens(texts: list[bytes]) -> Arrays:
    lengths = np.array([len(text) for text in texts])
    mask = (np.arange(lengths.max()) < lengths[:, np.newaxis]).astype(np.int32)
    ids = np.array([[13 if b"x" in text else 1] for text in texts], np.int32)
    return dict(zip(TOKEN_INPUTS, (mask * ids, mask, mask * 0), strict=True))


def test_rows_that_wait_run_by_length_within_the_budget(bench: Bench) -> None:
    held = bench.hold_a_batch()
    asked = [bench.queue_rows(length) for length in (10, 20, 9, 19, 10, 9)]
    bench.release()

    assert held.result(LIMIT_S).tolist() == [[1.0]]
    answers = [answer.result(LIMIT_S).tolist() for answer in asked]
    assert answers == [[[10.0]], [[20.0]], [[9.0]], [[19.0]], [[10.0]], [[9.0]]]
    # The budget is 40: four of at most 10, then two of at most 20.
    assert bench.model.shapes == [(1, 1), (4, 10), (2, 20)]


def test_batches_are_reported(bench: Bench) -> None:
    bench.hold_a_batch()
    asked = [bench.queue_rows(10, 9), bench.queue_rows(9)]
    bench.release()
    for answer in asked:
        answer.result(LIMIT_S)

    record = bench.observer.batches[-1]
    assert (record.model_name, record.rows, record.executed_rows) == ("m", 3, 3)
    assert (record.tokens, record.executed_tokens) == (28, 30)
    assert len(record.queue_times_s) == 2
    assert min(record.queue_times_s) > 0


def test_a_large_request_runs_in_several_batches(bench: Bench) -> None:
    bench.hold_a_batch()
    asked = bench.queue_rows(2, 20, 2, 40, 60, 20, 2)
    bench.release()

    assert asked.result(LIMIT_S).ravel().tolist() == [2.0, 20.0, 2.0, 40.0, 60.0, 20.0, 2.0]
    assert bench.model.shapes[1:] == [(1, 60), (1, 40), (2, 20), (3, 2)]


def test_texts_that_wait_are_tokenized_together(bench: Bench) -> None:
    held = bench.hold_a_batch()
    far = time.monotonic() + LIMIT_S
    asked = [bench.queue(b"abc", deadline=far), bench.queue(b"a" * 20, b"ab")]
    bench.release()

    assert [answer.result(LIMIT_S).tolist() for answer in asked] == [[[3.0]], [[20.0], [2.0]]]
    assert bench.model.tokenized == [(3, None)]
    assert bench.model.shapes == [(1, 1), (2, 3), (1, 20)]
    assert held.result(LIMIT_S).tolist() == [[1.0]]


def test_a_text_that_cannot_be_tokenized_fails_only_its_request(bench: Bench) -> None:
    bench.hold_a_batch()
    good, bad, other = (bench.queue(text) for text in (b"abc", b"!", b"ab"))
    bench.release()

    with pytest.raises(InvalidArgumentError, match="no text"):
        bad.result(LIMIT_S)
    assert [good.result(LIMIT_S).tolist(), other.result(LIMIT_S).tolist()] == [[[3.0]], [[2.0]]]
    assert [rows for rows, _ in bench.model.tokenized] == [3, 1, 1, 1]


def test_a_deadline_passes_before_the_texts_are_tokenized(bench: Bench) -> None:
    bench.hold_a_batch()
    with pytest.raises(DeadlineExceededError):
        bench.ask(b"abc", deadline=time.monotonic() + 0.01)
    assert bench.scheduler.waiting_rows == 0
    bench.release()
    assert bench.ask(b"abc").tolist() == [[3.0]]
    assert len(bench.model.tokenized) == 1


def test_a_deadline_passes_while_the_texts_are_tokenized(bench: Bench) -> None:
    bench.release()
    bench.model.tokenizer_gate = Gate()
    late = in_thread(lambda: bench.ask(b"abc", deadline=time.monotonic() + 0.01))
    with pytest.raises(DeadlineExceededError):
        late.result(LIMIT_S)
    bench.model.tokenizer_gate.open()
    assert bench.ask(b"aa").tolist() == [[2.0]]
    assert bench.model.shapes == [(1, 2)]


def test_a_bad_batch_fails_only_its_requests(bench: Bench) -> None:
    bench.hold_a_batch()
    bad, same_batch, other = bench.queue(b"x" * 20), bench.queue_rows(20), bench.queue_rows(3)
    bench.release()

    for answer in (bad, same_batch):
        with pytest.raises(InvalidArgumentError, match="unlucky"):
            answer.result(LIMIT_S)
    assert other.result(LIMIT_S).tolist() == [[3.0]]


def test_the_rest_of_a_failed_request_does_not_run(bench: Bench) -> None:
    bench.hold_a_batch()
    bad = bench.queue(b"x" * 30, b"xxx")
    bench.release()

    with pytest.raises(InvalidArgumentError, match="unlucky"):
        bad.result(LIMIT_S)
    assert bench.scheduler.waiting_rows == 0
    assert bench.ask(b"aa").tolist() == [[2.0]]
    assert bench.model.shapes == [(1, 1), (1, 30), (1, 2)]


def test_an_error_in_the_scheduling_itself_reaches_the_caller(bench: Bench) -> None:
    bench.release()
    with pytest.raises(ValueError, match="could not broadcast"):
        bench.ask(b"?")
    assert bench.ask(b"aa").tolist() == [[2.0]]


def test_a_deadline_passes_in_the_queue(bench: Bench) -> None:
    held = bench.hold_a_batch()
    with pytest.raises(DeadlineExceededError):
        bench.ask(b"aaaaa", deadline=time.monotonic() + 0.01)
    assert bench.scheduler.waiting_rows == 0
    assert not held.done()

    bench.release()
    assert bench.ask(b"aa").tolist() == [[2.0]]
    assert bench.model.shapes == [(1, 1), (1, 2)]


def test_a_batch_has_the_latest_deadline_of_its_requests(bench: Bench) -> None:
    bench.hold_a_batch()
    far = time.monotonic() + LIMIT_S
    asked = [bench.queue_rows(20, deadline=far), bench.queue_rows(20, deadline=far + 1)]
    asked += [bench.queue_rows(3, deadline=far), bench.queue_rows(3)]
    bench.release()
    for answer in asked:
        answer.result(LIMIT_S)
    assert bench.model.deadlines == [None, far + 1, None]


def test_a_full_queue_refuses() -> None:
    bench = Bench(max_queued_rows=3)
    bench.hold_a_batch()
    asked = bench.queue_rows(2, 2)
    expected = "The queue is full: 2 texts are waiting, at most 3 may; try again later."
    with pytest.raises(OverloadedError) as caught:
        bench.ask(b"aa", b"aa")
    assert (caught.value.message, caught.value.http_status) == (expected, 503)
    third = bench.queue_rows(2)
    bench.release()
    assert asked.result(LIMIT_S).tolist() == [[2.0], [2.0]]
    assert third.result(LIMIT_S).tolist() == [[2.0]]
    bench.scheduler.close()


def test_an_empty_queue_takes_more_than_may_wait() -> None:
    bench = Bench(max_queued_rows=1)
    bench.hold_a_batch()
    asked = bench.queue_rows(2, 3)
    bench.release()
    assert asked.result(LIMIT_S).tolist() == [[2.0], [3.0]]
    bench.scheduler.close()


def test_as_many_batches_run_at_once_as_there_are_slots() -> None:
    bench = Bench(slots=2)
    first, second = bench.hold_a_batch(), bench.hold_a_batch()
    third = bench.queue_rows(2)
    assert not first.done()
    assert not second.done()
    bench.release()
    assert third.result(LIMIT_S).tolist() == [[2.0]]
    bench.scheduler.close()


def test_the_callers_slot_counts(bench: Bench) -> None:
    with bench.scheduler.direct_slot() as first, bench.scheduler.direct_slot() as second:
        assert (first, second) == (True, False)
        asked = bench.queue_rows(2)
        assert bench.model.shapes == []
    bench.release()
    assert asked.result(LIMIT_S).tolist() == [[2.0]]


def test_no_slot_for_a_caller_while_others_wait(bench: Bench) -> None:
    with bench.scheduler.direct_slot():
        asked = bench.queue_rows(2)
    # The worker takes the row; its batch holds the slot.
    bench.model.gate.wait_for_one()
    with bench.scheduler.direct_slot() as taken:
        assert not taken
    bench.release()
    asked.result(LIMIT_S)


def test_close_waits_for_the_batch_that_runs() -> None:
    bench = Bench()
    held = bench.hold_a_batch()
    closing = in_thread(bench.scheduler.close)
    wait_until(lambda: _refuses(bench.scheduler))
    assert not closing.done()
    bench.release()
    closing.result(LIMIT_S)
    assert held.result(LIMIT_S).tolist() == [[1.0]]


def _refuses(scheduler: TokenScheduler) -> bool:
    try:
        scheduler.submit({"text": np.array([b"a"], object)}, 1, None).answer.cancel()
    except ServingError as exc:
        return exc.code is Code.UNAVAILABLE
    return False
