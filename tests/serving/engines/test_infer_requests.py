import time
from typing import Any

import pytest

from serving.engines.infer_requests import InferRequests
from serving.errors import DeadlineExceededError
from tests.serving.batching.concurrency import LIMIT_S, in_thread
from tests.serving.version_folders import wait_until


class Compiled:
    """Makes requests that are numbers."""

    def __init__(self) -> None:
        self.made = 0

    def create_infer_request(self) -> int:
        self.made += 1
        return self.made


def waiting(requests: InferRequests) -> int:
    return len(requests._waiting)


def ask(requests: InferRequests) -> Any:
    """Wait for a request in a thread; return when it is in its place."""
    before = waiting(requests)
    asked = in_thread(lambda: requests.take(None))
    wait_until(lambda: waiting(requests) == before + 1)
    return asked


def test_requests_are_taken_and_given_back() -> None:
    requests = InferRequests(Compiled(), 2)
    assert requests.are_free()
    taken = [requests.take_free(), requests.take(None)]
    assert sorted(taken) == [1, 2]
    assert (requests.take_free(), requests.are_free()) == (None, False)
    for request in taken:
        requests.give_back(request)
    assert requests.are_free()


def test_who_gives_one_back_and_wants_it_again_is_the_last() -> None:
    requests = InferRequests(Compiled(), 1)
    large = requests.take(None)
    first, second = ask(requests), ask(requests)
    requests.give_back(large)
    assert requests.take_free() is None
    again = ask(requests)
    assert first.result(LIMIT_S) == 1
    requests.give_back(1)
    assert second.result(LIMIT_S) == 1
    assert not again.done()
    requests.give_back(1)
    assert again.result(LIMIT_S) == 1


def test_who_gives_up_leaves_the_line() -> None:
    requests = InferRequests(Compiled(), 1)
    taken = requests.take(None)
    with pytest.raises(DeadlineExceededError):
        requests.take(time.monotonic() + 0.01)
    assert waiting(requests) == 0
    requests.give_back(taken)
    assert requests.are_free()
