import numpy as np
import pytest

from serving.batching.plan import BatchLimits
from serving.batching.text_request import Slice, TextRequest
from serving.batching.token_queue import TokenQueue, WaitingRow
from serving.batching.token_rows import TokenRows

WIDE = BatchLimits(max_batch_tokens=1000, max_padding=0.9)
ALONE = BatchLimits(max_batch_tokens=1, max_padding=0.0)
Named = list[tuple[str, int]]


def request(name: str, rows: int) -> TextRequest:
    texts = {name: np.array([b"a"] * rows, object)}
    return TextRequest(texts, rows, deadline=None, arrived=0.0)


def add(queue: TokenQueue, name: str, *lengths: int) -> TextRequest:
    """Queue a whole request."""
    asked = request(name, len(lengths))
    queue.add(Slice(asked, 0, len(lengths)), TokenRows({}, np.array(lengths)))
    return asked


def take(queue: TokenQueue) -> Named:
    return named(queue.take())


def named(rows: list[WaitingRow]) -> Named:
    """Name rows by their requests and their own numbers."""
    return [(next(iter(row.request.texts)), row.number) for row in rows]


def test_requests_in_their_order_and_the_longest_row_of_each_first() -> None:
    queue = TokenQueue(BatchLimits(21, 0.0))
    add(queue, "a", 5, 9, 7)
    add(queue, "b", 8)
    assert [take(queue) for _ in range(4)] == [[("a", 1)], [("a", 2)], [("a", 0)], [("b", 0)]]
    assert (len(queue), queue.take()) == (0, [])


def test_a_batch_takes_the_older_rows_of_a_length() -> None:
    queue = TokenQueue(BatchLimits(8, 0.0))
    add(queue, "a", 4, 4)
    add(queue, "b", 4)
    assert take(queue) == [("a", 0), ("a", 1)]
    assert len(queue) == 1


def test_requests_share_a_batch() -> None:
    queue = TokenQueue(BatchLimits(100, 0.25))
    add(queue, "a", 4)
    add(queue, "b", 3, 40)
    assert take(queue) == [("a", 0), ("b", 0)]


def test_a_new_request_goes_before_the_later_rows_of_others() -> None:
    queue = TokenQueue(BatchLimits(10, 0.0))
    for name in ("a", "b"):
        add(queue, name, 5, 5, 5, 5)
    assert [take(queue), take(queue)] == [[("a", 0), ("a", 1)], [("b", 0), ("b", 1)]]
    assert take(queue) == [("a", 2), ("a", 3)]
    add(queue, "new", 7)
    assert [take(queue), take(queue)] == [[("new", 0)], [("b", 2), ("b", 3)]]


def test_every_fourth_batch_is_of_later_rows_however_many_are_new() -> None:
    queue = TokenQueue(ALONE)
    add(queue, "large", *[5] * 4)
    for number in range(7):
        add(queue, f"new{number}", 5)
    led = [take(queue)[0][0] for _ in range(11)]
    assert led[:8] == ["large", "new0", "new1", "large", "new2", "new3", "new4", "large"]
    assert led[8:] == ["new5", "new6", "large"]


def add_large(queue: TokenQueue, name: str, *lengths: int) -> None:
    """Queue the first rows of a large request."""
    asked = request(name, 100)
    assert asked.is_large
    queue.add(Slice(asked, 0, len(lengths)), TokenRows({}, np.array(lengths)))


def test_a_small_request_goes_before_large_ones_that_came_at_the_same_moment() -> None:
    queue = TokenQueue(ALONE)
    for number in range(64):
        add_large(queue, f"large{number}", 5)
    take(queue)
    add(queue, "small", 5)
    assert take(queue) == [("small", 0)]
    assert take(queue) == [("large1", 0)]


def test_large_requests_go_on_however_many_small_ones_come() -> None:
    queue = TokenQueue(ALONE)
    add_large(queue, "large0", 5, 5)  # a first row and a later one
    add_large(queue, "large1", 5)
    for number in range(12):
        add(queue, f"s{number}", 5)
    led = [take(queue)[0] for _ in range(12)]
    assert [place for place, (name, _) in enumerate(led) if name[0] != "s"] == [3, 7, 11]
    assert [led[place] for place in (3, 7, 11)] == [("large0", 0), ("large1", 0), ("large0", 1)]


def test_later_rows_go_on_however_many_large_requests_come() -> None:
    queue = TokenQueue(ALONE)
    add_large(queue, "old", 5, 5)
    for number in range(5):
        add_large(queue, f"new{number}", 5)
    led = [take(queue)[0] for _ in range(6)]
    assert led.index(("old", 1)) == 3


def test_what_led_while_nothing_waited_behind_it_does_not_count() -> None:
    queue = TokenQueue(ALONE)
    for number in range(4):
        add(queue, f"old{number}", 5)
    assert [take(queue)[0][0] for _ in range(3)] == ["old0", "old1", "old2"]
    add(queue, "large", 5, 5)
    assert [take(queue)[0] for _ in range(3)] == [("old3", 0), ("large", 0), ("large", 1)]


def test_first_and_later_rows_do_not_share_a_batch() -> None:
    queue = TokenQueue(BatchLimits(10, 0.0))
    add(queue, "large", 5, 5, 5, 5)
    take(queue)
    add(queue, "new", 5)
    assert [take(queue), take(queue)] == [[("new", 0)], [("large", 2), ("large", 3)]]


def test_a_row_over_the_budget_is_a_first_one() -> None:
    queue = TokenQueue(BatchLimits(10, 0.0))
    add(queue, "large", *[5] * 4)
    take(queue)
    add(queue, "long", 40, 30)
    assert [take(queue), take(queue)] == [[("long", 0)], [("large", 2), ("large", 3)]]


def test_rows_of_large_requests_are_counted() -> None:
    queue = TokenQueue(BatchLimits(100, 0.0))
    large, small = request("large", 65), request("small", 64)
    for asked in (large, small):
        queue.add(Slice(asked, 0, 30), TokenRows({}, np.full(30, 10)))
    assert (queue.large_rows, len(queue)) == (30, 60)
    assert named(queue.take()) == [("small", row) for row in range(10)]
    assert queue.large_rows == 30
    assert named(queue.take()) == [("large", row) for row in range(10)]
    assert queue.large_rows == 20
    queue.discard(large)
    assert (queue.large_rows, len(queue)) == (0, 20)


def test_rows_of_a_slice_have_their_numbers_in_the_request() -> None:
    queue, asked = TokenQueue(WIDE), request("a", 9)
    queue.add(Slice(asked, 4, 6), TokenRows({}, np.array([3, 4])))
    assert [(row.number, row.row) for row in queue.take()] == [(5, 1), (4, 0)]


def test_discarded_rows_are_gone() -> None:
    queue = TokenQueue(WIDE)
    first = add(queue, "a", 4, 5)
    second = add(queue, "b", 4)
    queue.discard(first)
    assert len(queue) == 1
    assert take(queue) == [("b", 0)]
    queue.discard(second)
    assert len(queue) == 0


def test_the_last_row_completes_a_request() -> None:
    asked = request("a", 2)
    asked.fill(1, np.array([0.25, 0.75], np.float32))
    assert not asked.answer.done()
    asked.fill(0, np.array([1.0, 0.0], np.float32))
    assert asked.answer.result(0).tolist() == [[1.0, 0.0], [0.25, 0.75]]
    assert asked.answer.result(0).dtype == np.float32


def test_the_first_error_of_a_request_stays() -> None:
    asked = request("a", 1)
    asked.fail(ValueError("first"))
    asked.fail(ValueError("second"))
    asked.fill(0, np.array([1.0], np.float32))
    with pytest.raises(ValueError, match="first"):
        asked.answer.result(0)
