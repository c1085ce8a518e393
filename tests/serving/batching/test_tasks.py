import numpy as np
import pytest

from serving.batching.parameters import BatchingParameters
from serving.batching.tasks import (
    BatchedRequest,
    Task,
    count_rows,
    merge_inputs,
    split_outputs,
    start_tasks,
)
from serving.errors import Code, InvalidArgumentError, ServingError
from serving.servables.model import Array

PLAIN = BatchingParameters(max_batch_size=4)
PADDING = BatchingParameters(max_batch_size=4, pad_variable_length_inputs=True)


def task(**inputs: Array) -> Task:
    rows = len(next(iter(inputs.values())))
    return Task(BatchedRequest(inputs, rows, None, 0.0), 0, rows)


def test_rows_are_the_first_dimension() -> None:
    assert count_rows({"a": np.zeros((3, 2)), "b": np.zeros(3)}) == 3


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        (
            {"a": np.zeros((3, 2)), "b": np.zeros(2)},
            "Batching Run() input tensors must have equal 0th-dimension size",
        ),
        (
            {"a": np.zeros(()), "b": np.zeros(2)},
            "Batching Run() input tensors must have at least one dimension",
        ),
        ({}, "Batching Run() must have at least one input tensor"),
    ],
)
def test_inputs_without_common_rows(inputs: dict[str, Array], text: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        count_rows(inputs)
    assert caught.value.message == text


def test_inputs_are_joined_in_order() -> None:
    tasks = [task(x=np.array([[1], [2]])), task(x=np.array([[3]]))]
    assert merge_inputs(tasks, PLAIN, {})["x"].tolist() == [[1], [2], [3]]


def test_a_part_of_a_request() -> None:
    request = BatchedRequest({"x": np.array([1, 2, 3])}, 3, None, 0.0)
    assert merge_inputs([Task(request, 1, 3)], PLAIN, {})["x"].tolist() == [2, 3]


def test_parts_whose_outputs_do_not_fit_together_fail_the_request() -> None:
    request = BatchedRequest({"x": np.zeros(2)}, 2, None, 0.0)
    request.fill(0, 1, {"y": np.zeros((1, 3))})
    request.fill(1, 1, {"y": np.zeros((1, 4))})
    with pytest.raises(ServingError, match="cannot be put together") as caught:
        request.answer.result(0)
    assert caught.value.code is Code.FAILED_PRECONDITION


def test_an_allowed_size_repeats_the_first_row_of_the_last_task() -> None:
    parameters = BatchingParameters(max_batch_size=8, allowed_batch_sizes=(2, 8))
    tasks = [task(s=np.array([b"a"], object)), task(s=np.array([b"b", b"c"], object))]
    merged = merge_inputs(tasks, parameters, {})["s"]
    assert merged.tolist() == [b"a", b"b", b"c", b"b", b"b", b"b", b"b", b"b"]


def test_differing_shapes_are_refused() -> None:
    tasks = [task(x=np.zeros((1, 2))), task(x=np.zeros((1, 3)))]
    with pytest.raises(ServingError, match=r"'x:0'.*padding is turned off") as caught:
        merge_inputs(tasks, PLAIN, {"x": "x:0"})
    assert caught.value.code is Code.FAILED_PRECONDITION


def test_differing_ranks_cannot_be_padded() -> None:
    tasks = [task(x=np.zeros((1, 2))), task(x=np.zeros(1))]
    with pytest.raises(ServingError, match="have different shapes"):
        merge_inputs(tasks, PADDING, {"x": "x:0"})


def test_differing_shapes_are_padded_with_the_first_element() -> None:
    tasks = [
        task(x=np.ones((1, 1, 3), np.int8), s=np.array([[b"a", b"b"]], object)),
        task(x=np.full((1, 2, 1), 7, np.int8), s=np.array([[b"c"]], object)),
    ]
    merged = merge_inputs(tasks, PADDING, {})
    assert merged["x"].tolist() == [[[1, 1, 1], [1, 1, 1]], [[7, 7, 7], [7, 7, 7]]]
    assert merged["x"].dtype == np.int8
    assert merged["s"].tolist() == [[b"a", b"b"], [b"c", b"c"]]


def test_outputs_are_cut_and_padding_rows_dropped() -> None:
    tasks = [task(x=np.zeros(1)), task(x=np.zeros(2))]
    parts = split_outputs({"y": np.array([1, 2, 3, 9])}, tasks, 4)
    assert [part["y"].tolist() for part in parts] == [[1], [2, 3]]


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (np.array(1.0), "Batched output tensor has 0 dimensions"),
        (
            np.zeros(2),
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension "
            "sizes of the input tensors",
        ),
    ],
)
def test_outputs_without_a_row_for_each_input(output: Array, text: str) -> None:
    with pytest.raises(ServingError) as caught:
        split_outputs({"y": output}, [task(x=np.zeros(1))], 1)
    assert (caught.value.code, caught.value.message) == (Code.FAILED_PRECONDITION, text)


def test_parts_are_joined_in_the_order_of_the_rows() -> None:
    request = BatchedRequest({"x": np.zeros(3)}, 3, None, 0.0)
    request.fill(2, 1, {"y": np.array([30])})
    assert not request.answer.done()
    request.fill(0, 2, {"y": np.array([10, 20])})
    assert request.answer.result(0)["y"].tolist() == [10, 20, 30]


def test_tasks_start_before_their_deadline_only() -> None:
    requests = [BatchedRequest({}, 1, deadline, 0.0) for deadline in (None, 5.0, 5.1, 9.0)]
    requests[3].fail(InvalidArgumentError("its other part failed"))
    tasks = [Task(request, 0, 1) for request in requests]

    assert start_tasks(tasks, now=5.0) == [tasks[0], tasks[2]]
    assert [request.started for request in requests] == [True, False, True, False]
    with pytest.raises(ServingError, match="timeout exceeded while waiting") as caught:
        requests[1].answer.result(0)
    assert caught.value.code is Code.RESOURCE_EXHAUSTED
