"""The order of events is forced: a gate holds each batch until the test lets it go."""

import time
from collections.abc import Iterator
from concurrent.futures import Future

import numpy as np
import pytest

from serving.batching.plan import BatchLimits
from serving.batching.token_rows import TokenRows
from serving.batching.token_scheduler import Halves, SchedulerLimits, TokenScheduler
from serving.errors import (
    Code,
    DeadlineExceededError,
    InvalidArgumentError,
    OverloadedError,
    ServingError,
)
from serving.model import Array, Arrays
from serving.text_classifier import TOKEN_INPUTS
from tests.serving.batching.concurrency import LIMIT_S, Gate, Recorder, in_thread
from tests.serving.version_folders import wait_until

Answer = Future[Array]


class Model:
    """Answers each row with its ids' sum, behind a gate; a row with the id 13 is refused."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.shapes: list[tuple[int, ...]] = []
        self.deadlines: list[float | None] = []
        self.tokenized: list[tuple[int, float | None]] = []
        self.tokenizer_gate = Gate()
        self.tokenizer_gate.open()

    def tokenize(self, texts: Arrays, deadline: float | None) -> Arrays:
        """Make as many tokens as a text has letters; `!` is refused."""
        self.tokenized.append((len(texts["text"]), deadline))
        self.tokenizer_gate.pass_through()
        if b"!" in texts["text"].tolist():
            raise InvalidArgumentError("no text")
        return rows(*[len(text) for text in texts["text"]]).tokens

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

    def hold_a_batch(self, word_id: int = 1) -> Answer:
        """Send one row and wait until the model runs it; it stays there until `release`."""
        held = in_thread(lambda: self.scheduler.answer(rows(1, word_id=word_id), None))
        self.model.gate.wait_for_one()
        return held

    def queue(self, *lengths: int, word_id: int = 1, deadline: float | None = None) -> Answer:
        before = self.scheduler.waiting_rows
        asked = in_thread(lambda: self.scheduler.answer(rows(*lengths, word_id=word_id), deadline))
        wait_until(lambda: self.scheduler.waiting_rows == before + len(lengths))
        return asked

    def queue_texts(self, *texts: bytes, deadline: float | None = None) -> Answer:
        before = self.scheduler.waiting_rows
        given = {"text": np.array(texts, object)}
        asked = in_thread(lambda: self.scheduler.answer_texts(given, len(texts), deadline))
        wait_until(lambda: self.scheduler.waiting_rows == before + len(texts))
        return asked

    def release(self) -> None:
        self.model.gate.open()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.release()
    made.scheduler.close()


def rows(*lengths: int, word_id: int = 1) -> TokenRows:
    mask = (np.arange(max(lengths)) < np.array(lengths)[:, np.newaxis]).astype(np.int32)
    return TokenRows.of(dict(zip(TOKEN_INPUTS, (mask * word_id, mask, mask * 0), strict=True)))


def test_rows_that_wait_run_by_length_within_the_budget(bench: Bench) -> None:
    held = bench.hold_a_batch()
    asked = [bench.queue(length) for length in (10, 20, 9, 19, 10, 9)]
    bench.release()

    assert held.result(LIMIT_S).tolist() == [[1.0]]
    answers = [answer.result(LIMIT_S).tolist() for answer in asked]
    assert answers == [[[10.0]], [[20.0]], [[9.0]], [[19.0]], [[10.0]], [[9.0]]]
    # The budget is 40: four of at most 10, then two of at most 20.
    assert bench.model.shapes == [(1, 1), (4, 10), (2, 20)]


def test_batches_are_reported(bench: Bench) -> None:
    bench.hold_a_batch()
    asked = [bench.queue(10, 9), bench.queue(9)]
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
    asked = bench.queue(2, 20, 2, 40, 60, 20, 2)
    bench.release()

    assert asked.result(LIMIT_S).ravel().tolist() == [2.0, 20.0, 2.0, 40.0, 60.0, 20.0, 2.0]
    assert bench.model.shapes[1:] == [(1, 60), (1, 40), (2, 20), (3, 2)]


def test_texts_that_wait_are_tokenized_together(bench: Bench) -> None:
    held = bench.hold_a_batch()
    far = time.monotonic() + LIMIT_S
    asked = [bench.queue_texts(b"abc", deadline=far), bench.queue_texts(b"a" * 20, b"ab")]
    bench.release()

    assert [answer.result(LIMIT_S).tolist() for answer in asked] == [[[3.0]], [[20.0], [2.0]]]
    assert bench.model.tokenized == [(3, None)]
    assert bench.model.shapes == [(1, 1), (2, 3), (1, 20)]
    assert held.done()


def test_a_text_that_cannot_be_tokenized_fails_only_its_request(bench: Bench) -> None:
    bench.hold_a_batch()
    good, bad, other = (bench.queue_texts(text) for text in (b"abc", b"!", b"ab"))
    bench.release()

    with pytest.raises(InvalidArgumentError, match="no text"):
        bad.result(LIMIT_S)
    assert [good.result(LIMIT_S).tolist(), other.result(LIMIT_S).tolist()] == [[[3.0]], [[2.0]]]
    assert [rows for rows, _ in bench.model.tokenized] == [3, 1, 1, 1]


def test_a_deadline_passes_before_the_texts_are_tokenized(bench: Bench) -> None:
    bench.hold_a_batch()
    texts = {"text": np.array([b"abc"], object)}
    with pytest.raises(DeadlineExceededError):
        bench.scheduler.answer_texts(texts, 1, time.monotonic() + 0.01)
    assert bench.scheduler.waiting_rows == 0
    bench.release()
    assert bench.scheduler.answer_texts(texts, 1, None).tolist() == [[3.0]]
    assert len(bench.model.tokenized) == 1


def test_a_deadline_passes_while_the_texts_are_tokenized(bench: Bench) -> None:
    bench.release()
    bench.model.tokenizer_gate = Gate()
    texts = {"text": np.array([b"abc"], object)}
    late = in_thread(lambda: bench.scheduler.answer_texts(texts, 1, time.monotonic() + 0.01))
    with pytest.raises(DeadlineExceededError):
        late.result(LIMIT_S)
    bench.model.tokenizer_gate.open()
    assert bench.scheduler.answer(rows(2), None).tolist() == [[2.0]]
    assert bench.model.shapes == [(1, 2)]


def test_a_bad_batch_fails_only_its_requests(bench: Bench) -> None:
    bench.hold_a_batch()
    bad, same_batch, other = bench.queue(20, word_id=13), bench.queue(20), bench.queue(3)
    bench.release()

    for answer in (bad, same_batch):
        with pytest.raises(InvalidArgumentError, match="unlucky"):
            answer.result(LIMIT_S)
    assert other.result(LIMIT_S).tolist() == [[3.0]]


def test_the_rest_of_a_failed_request_does_not_run(bench: Bench) -> None:
    bench.hold_a_batch()
    bad = bench.queue(30, 3, word_id=13)
    bench.release()

    with pytest.raises(InvalidArgumentError, match="unlucky"):
        bad.result(LIMIT_S)
    assert bench.scheduler.waiting_rows == 0
    assert bench.scheduler.answer(rows(2), None).tolist() == [[2.0]]
    assert bench.model.shapes == [(1, 1), (1, 30), (1, 2)]


def test_an_error_in_the_scheduling_itself_reaches_the_caller(bench: Bench) -> None:
    bench.release()
    with pytest.raises(KeyError, match="input_word_ids"):
        bench.scheduler.answer(TokenRows({}, np.array([3])), None)
    assert bench.scheduler.answer(rows(2), None).tolist() == [[2.0]]


def test_a_deadline_passes_in_the_queue(bench: Bench) -> None:
    held = bench.hold_a_batch()
    late = in_thread(lambda: bench.scheduler.answer(rows(5), time.monotonic() + 0.01))
    with pytest.raises(DeadlineExceededError):
        late.result(LIMIT_S)
    assert bench.scheduler.waiting_rows == 0
    assert not held.done()

    bench.release()
    assert bench.scheduler.answer(rows(2), None).tolist() == [[2.0]]
    assert bench.model.shapes == [(1, 1), (1, 2)]


def test_a_batch_has_the_latest_deadline_of_its_requests(bench: Bench) -> None:
    bench.hold_a_batch()
    far = time.monotonic() + LIMIT_S
    asked = [bench.queue(20, deadline=far), bench.queue(20, deadline=far + 1)]
    asked += [bench.queue(3, deadline=far), bench.queue(3)]
    bench.release()
    for answer in asked:
        answer.result(LIMIT_S)
    assert bench.model.deadlines == [None, far + 1, None]


def test_a_full_queue_refuses() -> None:
    bench = Bench(max_queued_rows=3)
    bench.hold_a_batch()
    asked = bench.queue(2, 2)
    expected = "The queue is full: 2 texts are waiting, at most 3 may; try again later."
    with pytest.raises(OverloadedError) as caught:
        bench.scheduler.answer(rows(2, 2), None)
    assert (caught.value.message, caught.value.http_status) == (expected, 503)
    with pytest.raises(OverloadedError, match="The queue is full"):
        bench.scheduler.require_room(2)
    bench.scheduler.require_room(1)
    bench.release()
    assert asked.result(LIMIT_S).tolist() == [[2.0], [2.0]]
    bench.scheduler.close()


def test_an_empty_queue_takes_more_than_may_wait() -> None:
    bench = Bench(max_queued_rows=1)
    bench.hold_a_batch()
    asked = bench.queue(2, 3)
    bench.release()
    assert asked.result(LIMIT_S).tolist() == [[2.0], [3.0]]
    bench.scheduler.close()


def test_as_many_batches_run_at_once_as_there_are_slots() -> None:
    bench = Bench(slots=2)
    first, second = bench.hold_a_batch(), bench.hold_a_batch()
    third = bench.queue(2)
    assert not first.done()
    assert not second.done()
    bench.release()
    assert third.result(LIMIT_S).tolist() == [[2.0]]
    bench.scheduler.close()


def test_the_callers_slot_counts(bench: Bench) -> None:
    with bench.scheduler.direct_slot() as first, bench.scheduler.direct_slot() as second:
        assert (first, second) == (True, False)
        asked = bench.queue(2)
        assert bench.model.shapes == []
    bench.release()
    assert asked.result(LIMIT_S).tolist() == [[2.0]]


def test_no_slot_for_a_caller_while_others_wait(bench: Bench) -> None:
    with bench.scheduler.direct_slot():
        asked = bench.queue(2)
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
        scheduler.require_room(1)
    except ServingError as exc:
        return exc.code is Code.UNAVAILABLE
    return False
