from dataclasses import replace

import numpy as np
import pytest

from serving.batching.batch_queue import BatchQueue
from serving.batching.parameters import BatchingParameters
from serving.batching.tasks import BatchedRequest
from serving.errors import Code, InvalidArgumentError, ServingError


def request(rows: int, arrived: float = 0.0) -> BatchedRequest:
    return BatchedRequest({"x": np.zeros(rows)}, rows, None, arrived)


def taken(queue: BatchQueue) -> list[tuple[int, int]]:
    return [(task.start, task.stop) for task in queue.take()]


def test_requests_share_a_batch_up_to_its_limit() -> None:
    queue = BatchQueue(BatchingParameters(max_batch_size=4))
    for rows in (1, 2, 2, 1):
        queue.add(request(rows))
    assert taken(queue) == [(0, 1), (0, 2)]
    assert taken(queue) == [(0, 2), (0, 1)]
    assert queue.due() is None


def test_a_batch_is_due_after_the_timeout_or_when_it_is_full() -> None:
    queue = BatchQueue(BatchingParameters(max_batch_size=3, batch_timeout_micros=2_000_000))
    queue.add(request(2, arrived=10.0))
    queue.add(request(1, arrived=11.0))
    assert queue.due() == 10.0
    queue.add(request(2, arrived=11.5))
    assert queue.due() == 10.0
    queue.take()
    assert queue.due() == 13.5


def test_a_batch_followed_by_another_is_due() -> None:
    queue = BatchQueue(BatchingParameters(max_batch_size=3, batch_timeout_micros=2_000_000))
    queue.add(request(2, arrived=10.0))
    queue.add(request(2, arrived=11.0))
    assert queue.due() == 10.0


def test_a_request_larger_than_any_batch() -> None:
    queue = BatchQueue(BatchingParameters(max_batch_size=64))
    with pytest.raises(InvalidArgumentError) as caught:
        queue.add(request(65))
    assert caught.value.message == "Task size 65 is larger than maximum input batch size 64"


def test_a_full_queue() -> None:
    queue = BatchQueue(BatchingParameters(max_batch_size=2, max_enqueued_batches=2))
    for rows in (2, 1, 1):
        queue.add(request(rows))
    with pytest.raises(ServingError) as caught:
        queue.add(request(1))
    assert caught.value.code is Code.UNAVAILABLE
    assert caught.value.message == (
        "The batch scheduling queue to which this task was submitted is full; "
        "currently 2 batches enqueued and max_enqueued_batches is 2"
    )
    assert caught.value.http_status == 503


def test_a_large_request_is_split() -> None:
    parameters = BatchingParameters(
        max_batch_size=10, enable_large_batch_splitting=True, max_execution_batch_size=4
    )
    queue = BatchQueue(parameters)
    queue.add(request(3))
    queue.add(request(7))
    # One row fills the open batch up; the others make a batch of 4 and one of 2.
    assert taken(queue) == [(0, 3), (0, 1)]
    assert taken(queue) == [(1, 5)]
    assert taken(queue) == [(5, 7)]


def test_a_full_queue_with_splitting() -> None:
    parameters = BatchingParameters(
        max_batch_size=10,
        max_enqueued_batches=2,
        enable_large_batch_splitting=True,
        max_execution_batch_size=4,
    )
    queue = BatchQueue(parameters)
    queue.add(request(3))
    # One more row in the open batch and one batch of 4.
    with pytest.raises(
        ServingError, match="full; task size is 6 but scheduling capacity is only 5"
    ):
        queue.add(request(6))
    queue.add(request(5))
    assert taken(queue) == [(0, 3), (0, 1)]
    assert taken(queue) == [(1, 5)]


SPLIT = BatchingParameters(
    max_batch_size=1000,
    max_enqueued_batches=4,
    enable_large_batch_splitting=True,
    max_execution_batch_size=4,
)


def test_what_comes_after_a_large_request_waits_for_one_batch_of_it() -> None:
    queue = BatchQueue(SPLIT)
    queue.add(request(16))
    assert taken(queue) == [(0, 4)]
    queue.add(request(1))
    queue.add(request(2))
    assert taken(queue) == [(0, 1), (0, 2)]
    assert [taken(queue) for _ in range(3)] == [[(4, 8)], [(8, 12)], [(12, 16)]]
    assert queue.due() is None


def test_a_large_request_takes_no_room_from_others() -> None:
    queue = BatchQueue(SPLIT)
    queue.add(request(16))
    for _ in range(3):
        queue.add(request(4))  # the fourth batch is the first part of the large one
    with pytest.raises(ServingError, match="num_enqueued_batches=4, max_enqueued_batches=4"):
        queue.add(request(1))


def test_a_large_request_counts_the_others_that_wait() -> None:
    queue = BatchQueue(SPLIT)
    queue.add(request(11))
    # Room for three batches, less the 7 rows of the first that wait beside the queue.
    with pytest.raises(ServingError, match="task size is 6 but scheduling capacity is only 5"):
        queue.add(request(6))
    queue.add(request(5))


def test_large_requests_take_turns() -> None:
    queue = BatchQueue(SPLIT)
    first, second = request(8), request(8)
    queue.add(first)
    queue.add(second)
    order = [queue.take()[0] for _ in range(4)]
    assert [(task.request is first, task.start) for task in order] == [
        (True, 0),
        (False, 0),
        (True, 4),
        (False, 4),
    ]


def test_a_large_request_has_every_fourth_batch_however_many_come() -> None:
    queue = BatchQueue(SPLIT)
    large = request(12)
    queue.add(large)
    order = []
    for _ in range(9):
        queue.add(request(4))
        order.append(queue.take()[0].request is large)
    assert order == [True, False, False, True, False, False, False, True, False]


def test_the_rest_of_a_large_request_is_due_at_once() -> None:
    queue = BatchQueue(replace(SPLIT, batch_timeout_micros=2_000_000))
    queue.add(request(12, arrived=10.0))
    assert queue.due() == 10.0
    queue.take(11.0)
    assert queue.due() == 10.0
    queue.take(12.0)
    assert queue.due() == 12.0


def test_the_rest_of_a_request_that_ended_is_dropped() -> None:
    queue, large = BatchQueue(SPLIT), request(16)
    queue.add(large)
    queue.take()
    large.fail(ValueError("given up"))
    queue.take()
    assert (len(queue), queue.due()) == (0, None)
