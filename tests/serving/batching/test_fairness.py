"""Small requests beside large ones. The test lets the batches run one by one and sees who is in."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import copy_context

import numpy as np
import pytest

from serving.batching.plan import BatchLimits
from serving.batching.text_request import TextRequest
from serving.batching.token_scheduler import Halves, SchedulerLimits, TokenScheduler
from serving.errors import Code, DeadlineExceededError, OverloadedError, ServingError
from serving.servables.callers import set_caller
from serving.servables.model import Array, Arrays
from serving.servables.text_classifier import TOKEN_INPUTS
from tests.serving.batching.concurrency import LIMIT_S, Recorder, Steps, in_thread
from tests.serving.version_folders import wait_until

_LENGTH = 10
_MAX_QUEUED_ROWS = 200


class Bench:
    """A scheduler with one slot whose batches hold four texts; a text is a letter, ten times."""

    def __init__(self) -> None:
        self.steps = Steps()
        self.batches: list[str] = []
        self.tokenized: list[int] = []
        limits = SchedulerLimits(BatchLimits(4 * _LENGTH, 0.0), 1, _MAX_QUEUED_ROWS)
        halves = Halves(self._tokenize, self._run)
        self.scheduler = TokenScheduler("m", halves, limits, Recorder())

    def ask(self, letter: str, rows: int = 1) -> TextRequest:
        return self.scheduler.submit(texts_of(letter, rows), rows, None)

    def run(self, batches: int = 1) -> list[str]:
        """Let so many batches run; return the letters of the rows in each that came after them."""
        before = len(self.batches)
        for _ in range(batches):
            self.steps.let_one_pass()
        return self.batches[before:]

    def close(self) -> None:
        self.steps.open()
        self.scheduler.close()

    def _tokenize(self, texts: Arrays, _deadline: float | None) -> Arrays:
        self.tokenized.append(len(texts["text"]))
        ids = np.array([[text[0]] * _LENGTH for text in texts["text"]], np.int32)
        return dict(zip(TOKEN_INPUTS, (ids, ids // ids, ids * 0), strict=True))

    def _run(self, tokens: dict[str, Array], _deadline: float | None) -> Array:
        ids = tokens["input_word_ids"][:, :1]
        self.batches.append("".join(map(chr, ids.ravel())))
        self.steps.pass_through()
        answers: Array = ids.astype(np.float32)
        return answers


def texts_of(letter: str, rows: int) -> Arrays:
    return {"text": np.array([letter.encode() * _LENGTH] * rows, object)}


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    made.ask("-")
    made.steps.wait_for_one()
    yield made
    made.close()


def test_a_newcomer_waits_for_one_batch_of_a_request_of_60_000(bench: Bench) -> None:
    bench.ask("L", 60_000)
    assert bench.run(2) == ["LLLL", "LLLL"]
    newcomer = bench.ask("n")
    assert bench.run(2) == ["n", "LLLL"]
    assert newcomer.answer.result(LIMIT_S).tolist() == [[ord("n")]]


def test_a_newcomer_waits_for_one_batch_whatever_others_sent(bench: Bench) -> None:
    for letter, rows in (("A", 1000), ("B", 60_000), ("C", 65), ("d", 20), ("e", 60)):
        bench.ask(letter, rows)
    bench.run(20)
    bench.ask("n")
    assert bench.run() == ["n"]


def test_newcomers_share_a_batch(bench: Bench) -> None:
    bench.ask("L", 1000)
    bench.run(2)
    for letter in "nop":
        bench.ask(letter)
    assert bench.run(2) == ["nop", "LLLL"]


def test_large_requests_get_equal_shares(bench: Bench) -> None:
    letters = "ABC"
    for letter in letters:
        bench.ask(letter, 10_000)
    served = Counter("".join(bench.run(300)))
    # A turn is a slice of 64 rows; nobody is ahead by more than what waits of it and one turn.
    assert sum(served.values()) == 1200
    assert max(served.values()) - min(served.values()) <= 2 * 64


def test_a_large_request_goes_on_however_many_newcomers_come(bench: Bench) -> None:
    bench.ask("L", 100)
    for _ in range(104):  # every fourth is led by the large one
        for _ in range(4):
            bench.ask("n")
        bench.run()
    assert Counter("".join(bench.batches))["L"] == 100


def test_large_requests_take_no_room_in_the_queue(bench: Bench) -> None:
    for letter in "LMN":
        bench.ask(letter, 60_000)
    bench.run(4)
    assert bench.scheduler.waiting_rows == 0
    for count in range(_MAX_QUEUED_ROWS):
        assert bench.scheduler.waiting_rows == count
        bench.ask("n")


def test_a_large_request_is_tokenized_in_slices_as_it_runs(bench: Bench) -> None:
    bench.ask("L", 60_000)
    bench.run(100)
    assert max(bench.tokenized) <= 256
    assert sum(bench.tokenized) <= 4 * 100 + 256 + 256


def test_what_is_left_of_a_request_that_is_given_up_is_dropped(bench: Bench) -> None:
    large = bench.ask("L", 60_000)
    bench.run(2)
    bench.scheduler.give_up(large)
    tokenized = sum(bench.tokenized)
    assert bench.scheduler.waiting_rows == 0
    bench.ask("n")
    assert bench.run() == ["n"]
    assert sum(bench.tokenized) == tokenized + 1


def test_what_is_left_after_the_deadline_is_dropped(bench: Bench) -> None:
    with pytest.raises(DeadlineExceededError):
        bench.scheduler.answer_texts(texts_of("L", 60_000), 60_000, time.monotonic() + 0.01)
    bench.ask("n")
    assert bench.run() == ["n"]
    assert sum(bench.tokenized) == 2


class Client:
    """A caller that leaves when the test says so."""

    def __init__(self) -> None:
        self.acts: list[Callable[[], None]] = []

    def is_gone(self) -> bool:
        return False

    def when_gone(self, act: Callable[[], None]) -> None:
        self.acts.append(act)


def test_what_is_left_of_a_client_that_leaves_is_dropped(bench: Bench) -> None:
    client = Client()

    def ask() -> Array:
        set_caller(client)
        return bench.scheduler.answer_texts(texts_of("L", 60_000), 60_000, None)

    asked = in_thread(lambda: copy_context().run(ask))
    wait_until(lambda: len(client.acts) == 1)
    bench.run(2)
    client.acts[0]()
    with pytest.raises(ServingError, match="The client has left") as caught:
        asked.result(LIMIT_S)
    assert caught.value.code is Code.CANCELLED
    tokenized = sum(bench.tokenized)
    bench.ask("n")
    assert bench.run() == ["n"]
    assert sum(bench.tokenized) == tokenized + 1


def test_small_requests_do_not_ask_for_their_client(bench: Bench) -> None:
    client = Client()

    def ask() -> Array:
        set_caller(client)
        return bench.scheduler.answer_texts(texts_of("n", 64), 64, None)

    asked = in_thread(lambda: copy_context().run(ask))
    bench.steps.open()
    asked.result(LIMIT_S)
    assert client.acts == []


def test_a_full_queue_refuses_large_requests_too(bench: Bench) -> None:
    for _ in range(_MAX_QUEUED_ROWS):
        bench.ask("n")
    for rows in (1, 60_000):
        with pytest.raises(OverloadedError, match="The queue is full: 200 texts are waiting"):
            bench.ask("L", rows)


def test_all_rows_of_large_requests_are_answered(bench: Bench) -> None:
    asked = [bench.ask(letter, 700) for letter in "AB"]
    bench.steps.open()
    for letter, request in zip("AB", asked, strict=True):
        assert request.answer.result(LIMIT_S).tolist() == [[ord(letter)]] * 700
    wait_until(lambda: bench.scheduler.waiting_rows == 0)
