import threading
import time

import pytest

from serving.errors import DeadlineExceededError
from serving.versions.turns import Turns
from tests.serving.version_folders import LIMIT_S, wait_until


def test_the_first_come_goes_first() -> None:
    turns = Turns()
    order: list[int] = []

    def go(number: int) -> None:
        with turns.take(None):
            order.append(number)

    threads = [threading.Thread(target=go, args=(number,)) for number in range(5)]
    with turns.take(None):
        for number, thread in enumerate(threads, start=1):
            thread.start()
            wait_until(lambda number=number: len(turns._queue) == 1 + number)  # type: ignore[misc]
        assert order == []
        assert turns.others_wait()
    for thread in threads:
        thread.join(LIMIT_S)
    assert order == [0, 1, 2, 3, 4]
    assert not turns.others_wait()


def test_a_turn_that_comes_too_late() -> None:
    turns = Turns()
    with (
        turns.take(None),
        pytest.raises(DeadlineExceededError),
        turns.take(time.monotonic() - 1),
    ):
        pass
    with turns.take(time.monotonic() - 1):  # nobody is there any more
        assert not turns.others_wait()


def test_an_error_ends_the_turn() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError), turns.take(None):
        raise ZeroDivisionError
    with turns.take(0):
        pass
